"""The local stand-ins for AWS, Meta and OpenAI. Nothing in `chalicelib` or `app.py` knows of them."""
