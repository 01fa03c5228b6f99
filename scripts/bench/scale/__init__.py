"""Simulates and measures one deployment at scale: `python -m scripts.bench.scale` writes docs/scale.md."""
