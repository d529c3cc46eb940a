"""Flows, which a driver runs: their steps, one exchange with its retries, and pagination."""
