"""Each check passes after a good run, and fails if its promise is broken."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from dev.cluster.checks import CHECKS, violations
from dev.cluster.described import SUBSCRIPTIONS, TYPE, described_destinations
from dev.cluster.disturbances import Hit
from dev.cluster.evidence import PHASES, Evidence, PhaseResult
from dev.cluster.plan import Disturbance
from dev.cluster.report import print_report

KEY = "cluster-key-0123456789abcdef"
KILL = Disturbance(phase="apply_by_mapping", action="kill", parts=("worker-1",), delay=0)


@pytest.fixture
def evidence(segment_sandbox: SegmentSandbox) -> Evidence:
    """What a good run leaves; the objects are the sandbox's own."""
    described = described_destinations(4)
    subscriptions = [
        {"id": f"{number}", "actionId": one["action"], "name": one["name"], "trigger": one["trigger"], "enabled": True}
        for number, one in enumerate(SUBSCRIPTIONS)
    ]
    destinations = [
        {
            "id": f"id-{number}",
            "name": one["name"],
            "sourceId": one["source"],
            "metadataId": TYPE,
            "enabled": True,
            "settings": {"apiKey": KEY},
            "subscriptions": [each | {"id": f"{number}-{each['id']}"} for each in subscriptions],
        }
        for number, one in enumerate(described.all)
    ]
    sources = [{"id": source, "slug": source} for source in described.sources]
    segment_sandbox.seed({"sources": sources, "destinations": destinations})
    height = segment_sandbox.destinations
    instances = [{"task_id": "apply", "map_index": index, "state": "success", "try_number": 1} for index in range(4)]
    calls = [{"status": status, "fault": fault} for status, fault in ((200, None), (429, None), (None, "drop_after"))]
    return Evidence(
        described=described,
        key=KEY,
        phases=[
            PhaseResult(name=name, instances=copy.deepcopy(instances), calls=calls, seconds=61.5, memory=10**9)
            for name in PHASES
        ],
        hits=[
            Hit(
                disturbance=KILL,
                part="worker-1",
                tasks=frozenset({"a"}),
                lost=frozenset({"a"}),
                started=0,
                taken_over=33.0,
            )
        ],
        height=height,
        disabled=[{**one, "enabled": False} for one in height],
        deadlines=[{"a": "2026-01-01T00:00:00+00:00"}, {"a": "2026-01-01T00:00:00+00:00"}],
        searched="searched 3 places",
        memory={"worker-1": 200_000_000},
    )


def test_a_good_run_passes(evidence: Evidence) -> None:
    assert violations(evidence) == {promise: [] for promise in CHECKS}


Break = Callable[[Evidence], object]


def task_failed(evidence: Evidence) -> None:
    evidence.phases[0].instances[2]["state"] = "failed"  # type: ignore[index]


def phase_without_tasks(evidence: Evidence) -> None:
    evidence.phases[2] = PhaseResult(name="wait", instances=[], calls=[], seconds=0, memory=0)


def phase_did_not_run(evidence: Evidence) -> None:
    del evidence.phases[-1]


def edit(change: Callable[[Any], object]) -> Break:
    """Return a function that changes one destination at the height."""

    def broken(evidence: Evidence) -> None:
        evidence.height = copy.deepcopy(evidence.height)
        change(evidence.height[1])

    return broken


def destination_missing(evidence: Evidence) -> None:
    evidence.height = evidence.height[1:]


def destination_twice(evidence: Evidence) -> None:
    evidence.height = [*evidence.height, {**evidence.height[0], "id": "another"}]


def subscription_twice(one: Any) -> None:
    one["subscriptions"].append({**one["subscriptions"][0], "id": "another"})


def not_described(evidence: Evidence) -> None:
    evidence.height = [*evidence.height, {**evidence.height[0], "id": "other", "name": "Other"}]


def still_enabled(evidence: Evidence) -> None:
    evidence.disabled = [evidence.height[0], *evidence.disabled[1:]]


def lost_while_disabling(evidence: Evidence) -> None:
    evidence.disabled = evidence.disabled[1:]


def left_behind(evidence: Evidence) -> None:
    evidence.rest = evidence.height[:1]


def deadline_moved(evidence: Evidence) -> None:
    evidence.deadlines.append({"a": "2026-01-01T00:00:01+00:00"})


def wait_lost(evidence: Evidence) -> None:
    evidence.deadlines.append({})


def no_waits(evidence: Evidence) -> None:
    evidence.deadlines = [{}, {}]


def secret_found(evidence: Evidence) -> None:
    evidence.secrets = [("token", "dumps of the database: after wait.sql")]


def nothing_searched(evidence: Evidence) -> None:
    evidence.searched = ""


def disturbance_missed(evidence: Evidence) -> None:
    evidence.missed = [KILL]


def no_disturbance(evidence: Evidence) -> None:
    evidence.hits = []


def never_taken_over(evidence: Evidence) -> None:
    evidence.hits[0].taken_over = None


def nothing_lost(evidence: Evidence) -> None:
    evidence.hits[0].lost = frozenset()


SUCCEEDED, DESCRIBED, DISABLED, NONE_LEFT, DUPLICATES, DEADLINES, SECRETS, DISTURBED = CHECKS

BROKEN: list[tuple[Break, set[str]]] = [
    (task_failed, {SUCCEEDED}),
    (phase_without_tasks, {SUCCEEDED}),
    (phase_did_not_run, {SUCCEEDED}),
    (destination_missing, {DESCRIBED}),
    (not_described, {DESCRIBED}),
    (edit(lambda one: one.update(enabled=False)), {DESCRIBED}),
    (edit(lambda one: one.update(sourceId="sandbox-shop")), {DESCRIBED}),
    (edit(lambda one: one["settings"].update(apiKey="••••0000")), {DESCRIBED}),
    (edit(lambda one: one["settings"].clear()), {DESCRIBED}),
    (edit(lambda one: one["subscriptions"].pop()), {DESCRIBED}),
    (edit(lambda one: one["subscriptions"][0].update(enabled=False)), {DESCRIBED}),
    (edit(lambda one: one["subscriptions"][0].update(trigger='type = "page"')), {DESCRIBED}),
    (destination_twice, {DESCRIBED, DUPLICATES}),
    (edit(subscription_twice), {DESCRIBED, DUPLICATES}),
    (still_enabled, {DISABLED}),
    (lost_while_disabling, {DISABLED}),
    (left_behind, {NONE_LEFT}),
    (deadline_moved, {DEADLINES}),
    (wait_lost, {DEADLINES}),
    (no_waits, {DEADLINES}),
    (secret_found, {SECRETS}),
    (nothing_searched, {SECRETS}),
    (disturbance_missed, {DISTURBED}),
    (no_disturbance, {DISTURBED}),
    (never_taken_over, {DISTURBED}),
    (nothing_lost, {DISTURBED}),
]


@pytest.mark.parametrize(("break_it", "promises"), BROKEN)
def test_a_broken_promise_is_noticed(evidence: Evidence, break_it: Break, promises: set[str]) -> None:
    break_it(evidence)

    assert {promise for promise, found in violations(evidence).items() if found} == promises


def test_every_check_can_fail() -> None:
    assert set().union(*(promises for _, promises in BROKEN)) == set(CHECKS)


def test_a_reported_duplicate_is_not_unreported(evidence: Evidence) -> None:
    destination_twice(evidence)
    evidence.logs = f"SegmentSeveralMatchesError: {evidence.height[0]['id']}, another"

    found = violations(evidence)

    assert found[DUPLICATES] == []
    assert found[DESCRIBED] != []


def test_the_report_shows_figures_and_violations(evidence: Evidence) -> None:
    task_failed(evidence)
    console = Console(record=True, width=120)

    print_report(evidence, violations(evidence), console)

    text = console.export_text()
    [row] = [line for line in text.splitlines() if "apply_by_mapping" in line and "1000" in line]
    assert row.replace("│", " ").split() == ["apply_by_mapping", "4", "3", "1", "1", "0", "0", "62", "1000"]
    [hit] = [line for line in text.splitlines() if "kill" in line and "worker-1" in line]
    assert hit.replace("│", " ").split() == ["apply_by_mapping", "kill", "worker-1", "1", "33"]
    assert f"FAILED {SUCCEEDED}\n         apply_by_mapping: apply[2] is failed\n" in text
    assert f"ok     {DESCRIBED}\n" in text
