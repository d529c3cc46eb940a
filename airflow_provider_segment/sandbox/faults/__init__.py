"""Faults: what the next matching requests get instead of, or after, a proper answer."""
