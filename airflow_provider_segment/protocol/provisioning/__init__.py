"""Provisioning: find an object in Segment, then create, change or delete it to match its description."""
