"""What to watch a destination for, checked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from msgspec import Struct

from airflow_provider_segment.protocol.arguments import check_count, check_id
from airflow_provider_segment.protocol.delivery.condition import Condition, check_conditions
from airflow_provider_segment.protocol.delivery.sighting import Question
from airflow_provider_segment.protocol.delivery.window import (
    AUTO,
    LONGEST,
    Window,
    check_duration,
    check_reach,
    check_window,
    utc_text,
)


class Watch(Struct, frozen=True, kw_only=True):
    """What to watch for.

    :param destination_id: of this destination.
    :param source_id: the destination's source.
    :param success_when: all must hold.
    :param fail_when: any one ends the watch as failed, and wins.
    :param window: which stretch of time counts.
    :param min_attempted: events attempted before anything is decided on either side.
    :param settle: how long after the window's end success is decided, since data lags.
    """

    destination_id: str
    source_id: str
    success_when: tuple[Condition, ...]
    fail_when: tuple[Condition, ...]
    window: Window
    min_attempted: int
    settle: timedelta

    @property
    def question(self) -> Question:
        """What has to be asked for it."""
        return Question(self.destination_id, self.source_id, self.window)

    def plain(self) -> dict[str, Any]:
        """The arguments of ``check_watch`` that make this watch again, as plain JSON."""
        window = self.window
        return {
            "destination_id": self.destination_id,
            "source_id": self.source_id,
            "success_when": [str(condition) for condition in self.success_when],
            "fail_when": [str(condition) for condition in self.fail_when],
            "window": window.length and window.length.total_seconds(),
            "start_time": window.start and utc_text(window.start),
            "end_time": window.end and utc_text(window.end),
            "min_attempted": self.min_attempted,
            "settle": self.settle.total_seconds(),
            "granularity": window.granularity,
        }


def check_watch(
    *,
    destination_id: Any,
    source_id: Any,
    success_when: Any,
    fail_when: Any = (),
    window: Any = None,
    start_time: Any = None,
    end_time: Any = None,
    min_attempted: Any = 1,
    settle: Any = timedelta(seconds=120),
    granularity: Any = AUTO,
) -> Watch:
    """Check all arguments of a watch; see the sensor for what they mean.

    :raises ValueError: naming the argument, what was given and what is allowed.
    """
    checked_window = check_window(window=window, start_time=start_time, end_time=end_time, granularity=granularity)
    checked_settle = check_settle("settle", settle)
    check_reach(checked_window, checked_settle)
    return Watch(
        destination_id=check_id("destination_id", destination_id),
        source_id=check_id("source_id", source_id),
        success_when=check_conditions("success_when", success_when, at_least=1),
        fail_when=check_conditions("fail_when", fail_when),
        window=checked_window,
        min_attempted=check_count("min_attempted", min_attempted),
        settle=checked_settle,
    )


def check_settle(argument: str, value: Any) -> timedelta:
    """Check how long late data is awaited: no longer than any window is.

    :param argument: the argument's name.
    :param value: what was given; see ``check_duration``.
    """
    settle = check_duration(argument, value)
    if settle > LONGEST:
        raise ValueError(f"{argument} is {settle}; it must be at most {LONGEST.days} days, as long as a window can be")
    return settle
