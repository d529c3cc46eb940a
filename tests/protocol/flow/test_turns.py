"""The turns of deferred tasks."""

from __future__ import annotations

from collections import Counter

import pytest

from airflow_provider_segment.protocol.flow.turns import Ticket, Turns


def play(turns: Turns, tickets: list[Ticket], *, start: float = 0.0) -> list[float]:
    """Let all tickets ask until each has had its turn, and return the times."""
    times: dict[int, float] = {}
    due = [(start, number) for number in range(len(tickets))]
    while due:
        due.sort()
        now, number = due.pop(0)
        at = turns.ask(tickets[number], now)
        if at <= now:
            times[number] = now
        else:
            due.append((at, number))
    return [times[number] for number in range(len(tickets))]


def test_a_round_has_as_many_turns_as_the_limit_and_lasts_longer_than_a_window() -> None:
    turns = Turns()
    times = play(turns, [turns.join(count=1, limit=5, ready_at=0.0) for _ in range(20)])
    assert times == sorted(times)
    assert times[:5] == [0, 6, 12, 18, 24]
    assert Counter(int(time // 63) for time in times) == {0: 5, 1: 5, 2: 5, 3: 5}
    assert all(later - earlier > 60 for earlier, later in zip(times, times[5:], strict=False))


def test_a_task_with_several_requests_gets_what_is_left_of_the_round() -> None:
    turns = Turns()
    tickets = [turns.join(count=count, limit=5, ready_at=0.0) for count in (3, 3, 5, 2)]
    times = play(turns, tickets)
    assert [(int(time // 63), ticket.count) for time, ticket in zip(times, tickets, strict=True)] == [
        (0, 3),
        (0, 2),
        (1, 5),
        (2, 2),
    ]


def test_a_task_that_is_not_ready_keeps_no_one_waiting() -> None:
    turns = Turns()
    late, early = (turns.join(count=5, limit=5, ready_at=ready_at) for ready_at in (30.0, 0.0))
    assert turns.ask(late, 0.0) == 30.0
    assert turns.ask(early, 0.0) == 0.0
    assert turns.ask(late, 30.0) == 63.0


def test_a_task_that_leaves_makes_room() -> None:
    turns = Turns()
    first, second = (turns.join(count=5, limit=5, ready_at=0.0) for _ in range(2))
    assert turns.ask(second, 0.0) == 63.0
    turns.leave(first)
    turns.leave(first)
    assert turns.ask(second, 0.0) == 0.0


def test_after_a_rejection_no_turn_comes_before_the_reset_and_rounds_are_smaller() -> None:
    turns = Turns()
    tickets = [turns.join(count=1, limit=5, ready_at=0.0) for _ in range(40)]
    play(turns, tickets[:2])
    for _ in range(4):
        turns.report_rejection(reset=100.0)
    times = play(turns, tickets[2:], start=10.0)
    assert times[0] == 100.0
    rounds = Counter(int((time - 100) // 63) for time in times)
    assert [rounds[number] for number in range(7)] == [3, 3, 4, 4, 5, 5, 5]


@pytest.mark.parametrize("limit", [None, 60])
def test_without_a_known_limit_one_a_second_is_assumed(limit: int | None) -> None:
    turns = Turns()
    times = play(turns, [turns.join(count=1, limit=limit, ready_at=0.0) for _ in range(61)])
    assert (times[59], times[60]) == (29.5, 63.0)


def test_a_thousand_waiting_tasks_ask_few_times() -> None:
    turns = Turns()
    asked = 0
    ask = turns.ask

    def counted(ticket: Ticket, now: float) -> float:
        nonlocal asked
        asked += 1
        return ask(ticket, now)

    turns.ask = counted  # type: ignore[method-assign]
    times = play(turns, [turns.join(count=1, limit=5, ready_at=0.0) for _ in range(1000)])
    assert max(times) == pytest.approx(199 * 63 + 24)
    assert asked <= 4000
