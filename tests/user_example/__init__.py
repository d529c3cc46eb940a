"""The README's DAG and its test, for a user who has only the package."""
