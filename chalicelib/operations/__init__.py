"""What the owner sees, decides and is notified of: alerts, health checks, costs, people. It imports no channel."""
