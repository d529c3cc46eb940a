"""Tests in a real Airflow 3.3 of separate processes, which can be killed (``make live``)."""
