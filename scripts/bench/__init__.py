"""Measures cold starts, streaming and rooms on this machine; run by hand, as modules. Not part of the product."""
