"""The triggers: what waits in Airflow's triggerer."""
