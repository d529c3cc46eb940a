"""Buttons on a task in Airflow's UI that lead to Segment."""
