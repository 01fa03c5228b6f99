"""What Messenger and Instagram share: the Graph API, signatures and signed requests; nothing about messages."""
