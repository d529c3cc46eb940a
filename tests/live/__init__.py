"""What takes a real Airflow: separate processes that can be killed, all of 3.3 (``make live``)."""
