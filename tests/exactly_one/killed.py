"""The tasks to kill, and the process they run in: ``python -m tests.exactly_one.killed NUMBER CONN_ID``."""

from __future__ import annotations

import sys

from tests.exactly_one.writes import (
    IDENTIFY,
    KEY,
    SCHEDULE,
    WRITES,
    Write,
    apply,
    destination,
    spec,
    subscription,
)
from tests.running import Running

LAG = 0.3

_MANY = [f"Sub {number}" for number in range(7)]

TASKS: tuple[tuple[Write, int], ...] = (
    (next(write for write in WRITES if write.name == "create a destination"), 3),
    (next(write for write in WRITES if write.name == "schedule a new subscription"), 5),
    (
        Write(
            name="apply a new destination with seven subscriptions",
            method="*",
            path="*",
            task=apply(*(spec(name, reverse_etl_schedule=SCHEDULE) for name in _MANY)),
            after=[destination(*(subscription(name, id=None, reverseETLSchedule=SCHEDULE) for name in _MANY), id=None)],
            creates=8,
        ),
        1 + 2 + 3 * 7,
    ),
    (
        Write(
            name="apply changes",
            method="*",
            path="*",
            task=apply(
                *(spec(name) for name in _MANY),
                *(spec(name, trigger=IDENTIFY) for name in ("Old 1", "Old 2")),
                settings={"apiKey": KEY, "region": "eu"},
                enabled=True,
                prune_subscriptions=True,
            ),
            before=[
                destination(*(subscription(f"Old {number}") for number in range(1, 5)), enabled=False),
            ],
            after=[
                destination(
                    *(subscription(name, id=None) for name in _MANY),
                    *(subscription(name, trigger=IDENTIFY) for name in ("Old 1", "Old 2")),
                    settings={"apiKey": KEY, "region": "eu"},
                )
            ],
            creates=7,
        ),
        2 + 1 + 2 * 7 + 2 + 2 + 1,
    ),
)
"""Each with the number of its requests if nothing goes wrong."""

POINTS = [
    (number, call, LAG * (call // 2 % 2)) for number, (_, calls) in enumerate(TASKS) for call in range(1, calls + 1)
]
"""Where to kill them: at each request, some of them with lagging lists."""


def _main() -> None:
    number, conn_id = sys.argv[1:]
    write, _ = TASKS[int(number)]
    Running().run(write.task({"task_id": "task", "segment_conn_id": conn_id}))


if __name__ == "__main__":
    _main()
