"""A real Airflow cluster on this machine, disturbed on purpose: ``make cluster`` and ``make cluster-quick``.

PostgreSQL, Redis, a scheduler, an API server, a DAG processor, two Celery workers and two triggerers run as separate
processes, and the sandbox is their Segment. DAGs provision destinations, wait for deliveries, disable and delete, while
workers and triggerers are killed and frozen and Segment loses responses. Then checks compare what happened with what
the project promises. Not part of the wheel.

=================  ====================================================================================
``options``        the options of the command
``programs``       finds PostgreSQL and Redis, or says how to install them
``services``       runs PostgreSQL, Redis and the sandbox
``airflow``        the local Airflow with an executor, workers and two triggerers
``plan``           the plan of kills and freezes, drawn from a seed
``disturbances``   carries out the plan
``described``      the destinations that the DAGs describe
``phases``         the DAG runs, one after another
``traces``         the dumps, and the search for secrets
``evidence``       what is collected for the checks
``checks``         what must hold; each returns the violations
``report``         the table
=================  ====================================================================================

    python -m dev.cluster --quick
    python -m dev.cluster --destinations 100 --seed 3 --factor 6
"""
