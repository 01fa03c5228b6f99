"""Measures of the code itself: its import graph and its prose, read from syntax trees, and its reliability.

Only `reliability` runs what it measures.
"""
