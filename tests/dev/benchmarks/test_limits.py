"""The simulated benchmark of waits under a rate limit reaches its goals; its figures do not depend on the machine."""

from __future__ import annotations

import pytest

from dev.benchmarks.waits.limits import requests_of_a_closed_window, simulate


@pytest.mark.parametrize("waits", [10, 100, 1000])
def test_our_polls_share_a_limit_well(waits: int) -> None:
    ours, fixed = simulate(waits, gated=True), simulate(waits, gated=False)
    assert ours.wasted <= 0.05 < fixed.wasted
    assert ours.busiest <= 3
    assert ours.total_time < fixed.total_time
    assert ours.total_time <= 1.3


def test_a_closed_hour_takes_few_requests() -> None:
    fixed, ours = requests_of_a_closed_window(60)
    assert ours <= 0.3 * fixed
