"""The modes of the sensor beside one another: poke, as Airflow itself runs it, is the reference."""
