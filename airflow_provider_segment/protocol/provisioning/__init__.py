"""Bringing Segment to a described state: find the object, then create, change or delete it."""
