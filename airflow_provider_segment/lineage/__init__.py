"""OpenLineage: which source feeds which destination, and the evidence of a delivery verdict."""
