"""Triggers, which run in Airflow's triggerer."""
