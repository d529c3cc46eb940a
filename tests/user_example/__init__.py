"""The README's DAG and its test, in the hands of a user who has nothing but the package."""
