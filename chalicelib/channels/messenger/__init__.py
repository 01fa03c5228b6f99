"""Facebook Messenger: the webhook handler and its events, the page and its profile, and the sender."""
