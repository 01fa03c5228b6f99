"""Where a stage lives and how it is reached: what the commands and the deployment have in common."""
