"""The sandbox: a local Segment Public API for demos and for tests of DAGs.

It answers as the real service does, keeps everything in memory, and can be told to misbehave. Start it with
``python -m airflow_provider_segment.sandbox``, or take the pytest fixture ``segment_sandbox``.

The sandbox shares no code with the rest of the package: a server that borrows the client's code proves nothing about
the client. Importing this package imports nothing else.
"""
