"""Bringing Segment to a described state: look for the object, then create, change or remove it."""
