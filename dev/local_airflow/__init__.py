"""A real Airflow 3.3 on this machine: every part in its own process, all listening on 127.0.0.1 only.

For tests that need a real scheduler and triggerer, and for ``make ui``. ``airflow standalone`` does not work here:
it listens on all interfaces and leaves processes behind. Not part of the wheel.

    from dev.local_airflow.airflow import LocalAirflow

    with LocalAirflow(home=tmp_path, dags_folder=dags, environment={"AIRFLOW_CONN_X": "..."}) as airflow:
        run = airflow.trigger("my_dag", conf={"rows": 5})      # waits until the DAG is parsed, unpauses it
        airflow.kill("triggerer")                              # SIGKILL to it and all its children
        airflow.start_part("triggerer")
        assert run.wait() == "success"
        assert run.task_states() == {"a": "success", "mapped[0]": "success"}
        run.xcom("a"), run.task_log("a"), airflow.log("triggerer"), airflow.url

Entering it migrates a new SQLite database, starts all parts and waits for a heartbeat from each; leaving it
ends every process, whatever happened. Settings and connections go into ``environment``; no variable that starts with
``AIRFLOW_`` is inherited from the caller's environment.
"""
