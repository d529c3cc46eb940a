"""OpenLineage: which source feeds which destination, and the evidence for a delivery verdict."""
