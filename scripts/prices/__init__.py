"""What AWS costs: a dated table, and sums over what Parley does; chalicelib has the models' prices, which it needs."""
