"""What the tasks tell OpenLineage: which source feeds which destination."""
