"""The ``airflow-segment`` command, which manages the destinations of a workspace as files."""
