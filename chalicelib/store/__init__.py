"""Everything that touches the DynamoDB table."""
