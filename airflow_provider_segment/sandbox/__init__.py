"""The sandbox: a local Segment Public API for demos and for tests of DAGs.

It behaves like the real API, keeps everything in memory and can inject faults. Start it with
``python -m airflow_provider_segment.sandbox``, or use the pytest fixture ``segment_sandbox``.

The sandbox shares no code with the rest of the package: a server that used the client's code could not reveal the
client's mistakes. Importing this package imports no other modules.
"""
