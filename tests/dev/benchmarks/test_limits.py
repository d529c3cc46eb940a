"""The simulated benchmark of waits under a rate limit reaches its goals; its figures do not depend on the machine."""

from __future__ import annotations

import pytest

from dev.benchmarks.waits.limits import requests_of_a_closed_window, simulate
from tests.scale import FIRST_SEED


@pytest.mark.parametrize("seed", [7, FIRST_SEED, FIRST_SEED + 1])
@pytest.mark.parametrize("waits", [10, 100, 1000])
def test_our_polls_share_a_limit_well(waits: int, seed: int) -> None:
    ours, fixed = simulate(waits, gated=True, seed=seed), simulate(waits, gated=False, seed=seed)
    assert ours.wasted <= 0.05 < fixed.wasted
    assert ours.busiest <= 3
    assert ours.requests < fixed.requests
    assert ours.total_time <= 1.25 < fixed.total_time


def test_a_closed_hour_takes_few_requests() -> None:
    fixed, ours = requests_of_a_closed_window(60)
    assert ours <= 0.3 * fixed
