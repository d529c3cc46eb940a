"""Drawn examples by the seed, as many as the scale says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.hostile.calling import not_for_ever

PATIENCE = 1800.0
"""Seconds for all examples of a test; a hang and not a slow machine is to be noticed."""


def try_each(seeds: range, check: Callable[[st.DataObject], Any]) -> None:
    """Draw an example for each seed, and check it. The first one says what is drawn by all.

    :param seeds: of ``tests.scale.chunks``.
    :param check: draws what it needs; called once for each example, more often to shrink one that failed.
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
        database=None,  # what is tried depends on the seed alone
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    not_for_ever(lambda: limits(seed(seeds.start)(drawn))(), patience=PATIENCE)
    print(f"{tried} examples from seed {seeds.start}")  # noqa: T201
    assert tried >= len(seeds)
