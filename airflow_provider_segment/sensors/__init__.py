"""The sensor: waits until deliveries cross thresholds."""
