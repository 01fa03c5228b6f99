"""Builds each Lambda function's services, once and by hand; the only package that knows all others."""
