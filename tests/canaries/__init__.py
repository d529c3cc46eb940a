"""Secrets that no other text could be, and the search for them in all that a whole Airflow leaves behind."""
