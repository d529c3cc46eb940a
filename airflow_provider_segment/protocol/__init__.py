"""The Segment Public API without I/O and without Airflow.

Theory of operation. An intention becomes a frozen :class:`~.wire.message.Request`; an answer (status, headers, bytes)
becomes a value or a typed error; whether and when to try again is a pure decision. Whatever takes more than one
request is a *flow*: a generator that yields steps (send this, pause, log, here are some items) and is sent what came
of them. A driver in ``hooks/`` moves the bytes and sleeps, and knows nothing else; so a synchronous and an
asynchronous driver, and a test with a virtual clock, all run the very same rules.

Values are frozen dataclasses; those that a DAG file needs while it is parsed are msgspec structs, frozen too, which
take a fiftieth of a dataclass's time to define. What holds settings stays a dataclass: its ``repr`` leaves them out.

- ``errors``: the error tree.
- ``arguments``: checks of what users pass.
- ``wire/``: how requests and answers look as bytes.
- ``flow/``: steps, one exchange with its retries, walking pages.
- ``api/``: the operations, one function each.
- ``provisioning/``: look, then create, change or remove; what differs.
- ``delivery/``: metrics, conditions, windows and the sensor's verdict.
"""
