"""The client of the model's provider, its health check, and the models' prices."""
