"""Deploys a stage to AWS, inspects it and deletes it; `steps` defines the order of a deployment."""
