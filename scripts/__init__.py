"""Programs for owners and developers: the command line, deployment, the simulator and measurements. Not deployed."""
