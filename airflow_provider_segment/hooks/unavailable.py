"""The error of a connection that cannot be read for now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from airflow_provider_segment.protocol.errors import SegmentError


class ConnectionUnavailableError(Exception):
    """The Airflow connection cannot be read; the secrets backend or Airflow's API may be down for a while.

    Airflow reports an unreachable secrets backend as a missing connection, so the two cannot be distinguished.
    """


@contextmanager
def reading_connection() -> Iterator[None]:
    """Raise ConnectionUnavailableError for any failure to read the connection, but not for its invalid fields."""
    try:
        yield
    except (ValueError, SegmentError):
        raise
    except Exception as error:
        raise ConnectionUnavailableError(f"the Airflow connection cannot be read: {error}") from error
