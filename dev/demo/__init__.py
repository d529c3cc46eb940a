"""``make demo``: a DAG manages a destination in a local Segment, and you watch it."""
