"""The command line ``airflow-segment``, which manages the destinations of a workspace as files."""
