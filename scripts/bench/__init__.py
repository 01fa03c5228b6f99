"""Measures cold starts, streaming, rooms, scale, and handlers beside those of others; run by hand, as modules.

Not part of the product.
"""
