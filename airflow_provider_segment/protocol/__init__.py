"""A client for the Segment Public API that does no I/O itself and does not import Airflow.

Arguments become a frozen :class:`~.wire.messages.Request`; a response (status, headers, bytes) becomes a value or a
typed error; whether and when to retry is a pure function. An operation of more than one request is a *flow*: a
generator that yields steps (send, pause, log, items) and receives the outcome of each. A driver in ``transport/``
performs the steps. The synchronous driver, the asynchronous one and a test with a virtual clock therefore run the same
rules.

Values are frozen dataclasses. Those needed while a DAG file is parsed, and those made for each poll, are frozen msgspec
structs: they are defined about fifty times as fast, and created about ten times as fast. The ``repr`` of a value omits
settings, headers and bodies.

- ``errors``: the error types.
- ``arguments``: validation of user arguments.
- ``wire/``: how requests and responses are encoded.
- ``flow/``: steps, one exchange with its retries, pagination.
- ``api/``: the operations, one function each.
- ``provisioning/``: find, then create, change or delete; diffs and plans.
- ``delivery/``: metrics, conditions, windows and the sensor's verdict.
"""
