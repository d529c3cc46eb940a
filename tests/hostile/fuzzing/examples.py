"""Examples drawn from seeds, as many as the scale demands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.hostile.calling import within_limit

TIME_LIMIT = 1800.0
"""Seconds for all examples of a test: enough for slow machines, to detect hangs only."""


def try_each(seeds: range, check: Callable[[st.DataObject], Any]) -> None:
    """Draw an example for each seed, and check it.

    :param seeds: seeds from ``tests.scale.chunks``.
    :param check: function that draws an example and checks it; called more often to shrink a failing one.
    """
    tried = 0

    def counted(data: st.DataObject) -> None:
        nonlocal tried
        tried += 1
        check(data)

    drawn = given(st.data())(counted)
    limits = settings(
        max_examples=len(seeds),
        deadline=None,
        database=None,  # examples depend on the seed alone
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    within_limit(lambda: limits(seed(seeds.start)(drawn))(), time_limit=TIME_LIMIT)
    print(f"{tried} examples from seed {seeds.start}")  # noqa: T201
    assert tried >= len(seeds)
