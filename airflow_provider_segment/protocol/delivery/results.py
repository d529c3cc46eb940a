"""How a wait ended, as the trigger tells the worker: plain JSON; nothing unknown is taken for success."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from airflow_provider_segment.protocol import errors
from airflow_provider_segment.protocol.delivery.verdict import Evidence, Fate, Verdict

TIMED_OUT = "timed_out"
REFUSED = "refused"
LOOK_AGAIN = "look_again"
"""Segment answers at last: the worker is to take its first look again, which found nothing out."""
_KNOWN = (Fate.SUCCEEDED.value, Fate.FAILED.value, TIMED_OUT, REFUSED, LOOK_AGAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a wait ended.

    :param how: ``succeeded``, ``failed``, ``timed_out``, ``refused`` or ``look_again``.
    :param said: for a person: the progress, or the error's message.
    :param evidence: what a verdict rests on.
    :param error: the type of the error that ended it.
    :param details: the error's own attributes.
    """

    how: str
    said: str = ""
    evidence: Evidence | None = None
    error: str = ""
    details: dict[str, Any] | None = None

    def as_event(self) -> dict[str, Any]:
        """Make the trigger's event."""
        return {
            "how": self.how,
            "said": self.said,
            "evidence": self.evidence,
            "error": self.error,
            "details": self.details,
        }

    def exception(self) -> Exception:
        """Make the error again that ended the wait."""
        if self.error == ValueError.__name__:
            return ValueError(self.said)
        kind = getattr(errors, self.error, None)
        if not (isinstance(kind, type) and issubclass(kind, errors.SegmentError)):
            return errors.SegmentError(f"{self.error}: {self.said}" if self.error else self.said)
        try:
            made: Exception = kind(self.said, **(self.details or {}))
        except TypeError:
            return kind(self.said)
        return made


def decided(verdict: Verdict) -> Ending:
    """The ending of a wait that was decided.

    :param verdict: not a waiting one.
    """
    return Ending(how=verdict.fate.value, said=verdict.progress, evidence=verdict.evidence)


def refused(error: Exception) -> Ending:
    """The ending of a wait that no waiting can help.

    :param error: why.
    """
    # Not Segment's error objects: nobody knows what they quote, and events are stored.
    kept = {"status", "method", "path", "sent", "transient"} & vars(error).keys()
    details = {name: getattr(error, name) for name in sorted(kept)}
    return Ending(how=REFUSED, said=str(error), error=type(error).__name__, details=details)


def read_event(event: Any) -> Ending:
    """Read the event of a trigger; fails closed.

    :param event: what Airflow hands over.
    :raises SegmentProtocolError: it is none of ours.
    """
    if not isinstance(event, dict) or event.get("how") not in _KNOWN:
        raise errors.SegmentProtocolError(f"the trigger ended with an event that says nothing known: {event!r:.200}")
    evidence = event.get("evidence")
    if event["how"] == Fate.SUCCEEDED.value and not isinstance(evidence, dict):
        raise errors.SegmentProtocolError("the trigger says that the wait succeeded, but not why")
    return Ending(
        how=event["how"],
        said=str(event.get("said") or ""),
        evidence=cast("Evidence | None", evidence),
        error=str(event.get("error") or ""),
        details=event.get("details"),
    )
