"""Tools that the model may call, and what makes a tool of a function."""
