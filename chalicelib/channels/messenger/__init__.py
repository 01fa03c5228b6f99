"""Facebook Messenger: the webhook, its events, the page and its profile, and the sender."""
