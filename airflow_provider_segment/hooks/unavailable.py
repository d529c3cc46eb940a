"""The error for a connection that temporarily cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class ConnectionUnavailableError(Exception):
    """The Airflow connection cannot be read; the secrets backend or Airflow's API may be temporarily down.

    Airflow reports an unreachable secrets backend as a missing connection, so the two cannot be distinguished.
    """


@contextmanager
def reading_connection() -> Iterator[None]:
    """Raise ConnectionUnavailableError for any failure to read the connection, except for invalid fields."""
    from airflow_provider_segment.protocol.errors import SegmentError

    try:
        yield
    except (ValueError, SegmentError):
        raise
    except Exception as error:
        raise ConnectionUnavailableError(f"the Airflow connection cannot be read: {error}") from error
