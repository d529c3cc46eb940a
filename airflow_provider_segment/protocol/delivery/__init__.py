"""Waiting for deliveries: conditions, windows, one poll and the verdict on it."""
