"""Which failed polls end a wait."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow_provider_segment.protocol.errors import (
    SegmentApiError,
    SegmentAuthError,
    SegmentError,
    SegmentProtocolError,
)

FOREIGN_PERIOD = timedelta(hours=1)
"""How long responses from something other than the API, such as a gateway's page, do not end a running wait."""


class FailureRule:
    """Decides which errors of a wait's polls are transient.

    :param since: when the API responded last; ``None`` if it has not responded, so that foreign responses are final.
    """

    def __init__(self, since: datetime | None) -> None:
        self._responded_at = since

    def succeeded(self, at: datetime) -> None:
        """Note a poll that succeeded.

        :param at: when.
        """
        self._responded_at = at

    def is_transient(self, error: SegmentError, at: datetime) -> bool:
        """Return whether a later poll may succeed, so that the wait goes on.

        :param error: the error of a poll.
        :param at: when the poll failed.
        """
        if error.transient:
            return True
        if _is_foreign(error):
            return self._responded_at is not None and at - self._responded_at < FOREIGN_PERIOD
        if isinstance(error, SegmentApiError):
            self._responded_at = at
        return False


def _is_foreign(error: SegmentError) -> bool:
    """Return whether the response did not come from the API: it has no error object of the API."""
    return isinstance(error, SegmentProtocolError) or (isinstance(error, SegmentAuthError) and not error.errors)
