"""No canary is in anything a real Airflow and the sandbox leave behind, although everything logs at DEBUG."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dev.secret_search import Search
from tests.canaries.canaries import CANARIES, DEEP, REFERENCE, TEMPLATE
from tests.canaries.conftest import CRASH_REPORTS, LINEAGE, Scene
from tests.live.observing import deliver, destination, wait_until_deferred

pytestmark = pytest.mark.live

SUCCEED = {
    "apply",
    "change",
    "create",
    "delete",
    "show",
    "subscribe",
    "unsubscribe",
    "update",
    "wait",
    "defer_to_trigger",
}

# The fault in all requests of a destination, by the destination's name.
FAULTS: dict[str, dict[str, Any]] = {
    "unauthorized": {"kind": "status", "status": 401},
    "conflict": {"kind": "status", "status": 409},
    "invalid": {"kind": "status", "status": 422},
    "limited": {"kind": "rate_limit", "retry_after": 60},
    "broken": {"kind": "status", "status": 500},
    "dropped": {"kind": "drop_before"},
    "garbled": {"kind": "garbage"},
    "ambiguous": {"kind": "drop_before", "method": "POST"},
}

FAIL = {
    "fails[0]": "SegmentAuthError",
    "fails[1]": "SegmentNotFoundError",
    "fails[2]": "SegmentConflictError",
    "fails[3]": "SegmentInvalidRequestError",
    "fails[4]": "SegmentRateLimitError",
    "fails[5]": "SegmentServerError",
    "fails[6]": "SegmentConnectionError",
    "fails[7]": "SegmentProtocolError",
    "fails_unseen": "SegmentAmbiguousWriteError",
    "fails_existing": "SegmentAlreadyExistsError",
    "fails_ambiguous": "SegmentSeveralMatchesError",
    "fails_pruning": "SegmentPruneLimitError",
    "fails_drifted": "SegmentDriftError",
    "fails_before": "ValueError",
    "fails_to_deliver": "SegmentDeliveryFailedError",
    "fails_in_trigger": "SegmentAuthError",
    "fails_quoted": "SegmentInvalidRequestError",
    "fails_applying": "SegmentInvalidRequestError",
}

TASK = "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}"
LEAKS = {
    ("template", "the database: xcom.value"),
    ("template", f"the API server: {TASK}/xcomEntries/{{xcom_key:path}}"),
    ("reference", "the files: logs/dag_id=segment_leaks/"),
    ("reference", f"the API server: {TASK}/logs/{{try_number}}"),
    ("token", "the sandbox's journal: /destinations/"),
    ("deep", "the database: rendered_task_instance_fields.rendered_fields"),
    ("deep", f"the API server: {TASK}/{{map_index}}"),
    ("reference", f"{CRASH_REPORTS}: "),
    ("deep", f"the files: {LINEAGE}"),
}
# What a template renders to is a plain string; SECURITY.md says so.
NOT_PROMISED = {("template", f"{CRASH_REPORTS}: all")}


def test_no_secret_is_left_behind(scene: Scene, record_property: Callable[[str, object], None]) -> None:
    furnish(scene)
    run = scene.airflow.trigger("segment_canaries")
    wait_until_deferred(scene.airflow, run, "defer_to_trigger", "fails_in_trigger")
    search = Search(CANARIES)
    scene.search_database(search)  # while it holds the triggers' arguments

    deliver(scene.sandbox, "awaited", successes=10)
    scene.sandbox.fault("status", status=401, path="/destinations/refused/*", times=None)
    assert run.wait(timeout=240) == "failed"
    states = run.task_states()
    assert states == dict.fromkeys(SUCCEED, "success") | dict.fromkeys(FAIL, "failed")
    for name, error in FAIL.items():
        task_id, _, index = name.rstrip("]").partition("[")
        assert f"{error}: " in run.task_log(task_id, map_index=int(index or -1)), name
    assert_secrets_were_sent(scene)

    scene.search(search)
    record_property("searched", search.summary())
    assert search.found <= NOT_PROMISED
    assert_reported(scene)


def test_leaked_secrets_are_found(scene: Scene) -> None:
    run = scene.airflow.trigger("segment_leaks")
    assert run.wait() == "failed"
    search = Search(CANARIES)
    scene.search(search)
    for canary, place in LEAKS:
        assert any(name == canary and found.startswith(place) for name, found in search.found), search.found


def furnish(scene: Scene) -> None:
    """Create the DAG's destinations and their faults."""
    names = {"there", "superfluous", "delivered", "awaited", "refused", "full"} | set(FAULTS)
    subscription = {"actionId": "sandbox-track", "trigger": "all"}
    subscriptions = {"there": ["changed", "removed"], "full": ["pruned"]}
    destinations = [
        *(
            destination(name)
            | {"subscriptions": [subscription | {"id": one, "name": one} for one in subscriptions.get(name, [])]}
            for name in sorted(names)
        ),
        *({**destination(name), "name": "twin"} for name in ("twin", "other")),
    ]
    scene.sandbox.seed({"destinations": destinations})
    scene.sandbox.settings(subscription_write_limit_per_minute=None, deliveries_per_minute=0)
    deliver(scene.sandbox, "delivered", successes=10)
    for name, fault in FAULTS.items():
        scene.sandbox.fault(**fault, path=f"/destinations/{name}*", times=None)


def assert_reported(scene: Scene) -> None:
    """Check that there were crash reports with local variables, and lineage events, to search."""
    reports = b"".join(scene.collector.envelopes)
    for error in set(FAIL.values()) - {"SegmentAuthError"}:
        assert error.encode() in reports, error
    assert b'"vars"' in reports
    assert b'"COMPLETE"' in (scene.airflow.home.folder / LINEAGE).read_bytes()
    assert b'"FAIL"' in (scene.airflow.home.folder / LINEAGE).read_bytes()


def assert_secrets_were_sent(scene: Scene) -> None:
    """Check that the secrets were sent: Segment shows their ends, and the quoting server has them whole."""
    [made] = [found for found in scene.sandbox.destinations if found["name"] == "new"]
    assert made["settings"]["apiKey"].endswith(TEMPLATE[-4:])
    assert made["settings"]["secretKey"].endswith(REFERENCE[-4:])
    assert made["settings"]["eventNames"] == {"deep": [{"here": DEEP}]}
    assert all(TEMPLATE[-8:] in body and DEEP[-8:] in body for body in scene.quoting.bodies)
    assert len(scene.quoting.bodies) >= 2
