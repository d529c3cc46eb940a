"""Unmistakable secrets, and the search for them in everything a whole Airflow leaves behind."""
