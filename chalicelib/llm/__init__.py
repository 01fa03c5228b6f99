"""The model providers' clients, and models' prices; no rule about conversations."""
