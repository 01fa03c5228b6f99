"""The one DynamoDB table: keys, items, conditions, and an adapter for each port."""
