"""``make demo``: a DAG manages a Segment destination, against a local Segment, and you watch."""
