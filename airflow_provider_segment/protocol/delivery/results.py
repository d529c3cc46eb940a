"""The result of a wait, sent from the trigger to the worker as the event's plain JSON payload.

An event that cannot be parsed is an error, never a success.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from airflow_provider_segment.protocol import errors
from airflow_provider_segment.protocol.delivery.verdict import Evidence, Status, Verdict

TIMED_OUT = "timed_out"
ERROR = "error"

_STATUSES = (Status.SUCCEEDED.value, Status.FAILED.value, Status.UNMET.value, TIMED_OUT, ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitResult:
    """The result of a wait.

    :param status: ``succeeded``, ``failed``, ``unmet``, ``timed_out`` or ``error``.
    :param message: the progress or the error's message, for people.
    :param evidence: the data behind a verdict.
    :param error: class name of the error that ended the wait.
    :param details: attributes of that error.
    """

    status: str
    message: str = ""
    evidence: Evidence | None = None
    error: str = ""
    details: dict[str, Any] | None = None

    def to_event(self) -> dict[str, Any]:
        """Return the payload of the trigger's event."""
        return {
            "status": self.status,
            "message": self.message,
            "evidence": self.evidence,
            "error": self.error,
            "details": self.details,
        }

    def exception(self) -> Exception:
        """Rebuild the error that ended the wait."""
        if self.error == ValueError.__name__:
            return ValueError(self.message)
        error_type = getattr(errors, self.error, None)
        if not (isinstance(error_type, type) and issubclass(error_type, errors.SegmentError)):
            return errors.SegmentError(f"{self.error}: {self.message}" if self.error else self.message)
        try:
            rebuilt: Exception = error_type(self.message, **(self.details or {}))
        except TypeError:
            return error_type(self.message)
        return rebuilt


def result_of_verdict(verdict: Verdict, message: str) -> WaitResult:
    """Return the result of a wait that ended with a verdict.

    :param verdict: a verdict other than waiting.
    :param message: its message.
    """
    return WaitResult(status=verdict.status.value, message=message, evidence=verdict.evidence)


def result_of_error(error: Exception) -> WaitResult:
    """Return the result of a wait that ended with an error.

    :param error: a permanent error.
    """
    # Segment's error objects are left out, because they may quote anything and events are stored.
    kept = {"status", "method", "path", "sent", "transient"} & vars(error).keys()
    details = {name: getattr(error, name) for name in sorted(kept)}
    return WaitResult(status=ERROR, message=str(error), error=type(error).__name__, details=details)


def parse_event(event: Any) -> WaitResult:
    """Parse the event of a trigger.

    :param event: the payload, as Airflow passes it to ``execute_complete``.
    :raises SegmentProtocolError: the event does not come from one of this package's triggers.
    """
    if not isinstance(event, dict) or event.get("status") not in _STATUSES:
        raise errors.SegmentProtocolError(f"the trigger sent an event with an unknown status: {event!r:.200}")
    evidence = event.get("evidence")
    if event["status"] == Status.SUCCEEDED.value and not isinstance(evidence, dict):
        raise errors.SegmentProtocolError("the trigger's success event has no 'evidence' field")
    return WaitResult(
        status=event["status"],
        message=str(event.get("message") or ""),
        evidence=cast("Evidence | None", evidence),
        error=str(event.get("error") or ""),
        details=event.get("details"),
    )
