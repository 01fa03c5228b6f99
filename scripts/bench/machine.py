"""The machine on which something is measured, in words."""

import os
import platform


def described() -> str:
    """Return what figures depend on: Python, the cores, and how busy these were in the last minute."""
    return f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
