"""Destinations as Airflow assets."""
