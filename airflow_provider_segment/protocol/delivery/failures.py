"""The rule that decides which failed polls end a wait."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow_provider_segment.protocol.errors import (
    SegmentApiError,
    SegmentAuthError,
    SegmentError,
    SegmentProtocolError,
)

FOREIGN_PERIOD = timedelta(hours=1)
"""How long a running wait survives responses that are not the API's, such as a gateway's page."""


class FailureRule:
    """A rule that classifies the errors of failed polls as transient or permanent.

    :param since: when the API responded last; ``None`` if it has not, so that a response from elsewhere ends the wait.
    """

    def __init__(self, since: datetime | None) -> None:
        self._responded_at = since

    def succeeded(self, at: datetime) -> None:
        """Record a successful poll.

        :param at: when it was made.
        """
        self._responded_at = at

    def is_transient(self, error: SegmentError, at: datetime) -> bool:
        """Return whether a later poll may succeed; if so, the wait continues.

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
    """Return whether a response came from something other than the API, such as a proxy."""
    return isinstance(error, SegmentProtocolError) or (isinstance(error, SegmentAuthError) and not error.errors)
