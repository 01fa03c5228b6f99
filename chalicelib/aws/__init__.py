"""Adapters for AWS: DynamoDB, Lambda, SQS, SNS and SSM."""
