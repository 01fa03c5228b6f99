"""Deploys a stage to AWS and deletes it. Each module handles one kind of resource; `steps` defines the order."""
