"""What the tasks tell OpenLineage: which source feeds which destination, and what a delivery verdict rests on."""
