"""Measures of the code itself: its import graph and its prose. Reads syntax trees; imports nothing that it measures."""
