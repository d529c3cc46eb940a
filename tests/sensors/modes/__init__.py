"""The modes of the sensor compared; poke mode, as Airflow runs it, is the reference."""
