"""The settings, in groups that each read their own variables; `stage` has all of them."""
