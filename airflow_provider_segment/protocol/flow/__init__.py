"""Flows: programs over the API that a driver runs. Steps, one exchange with its retries, walking pages."""
