"""Destinations as Airflow's assets."""
