"""The one DynamoDB table: its keys, items and conditions, and an adapter for each port."""
