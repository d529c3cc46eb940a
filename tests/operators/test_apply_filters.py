"""The apply operator and filters, against the sandbox."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_segment.exceptions import (
    SegmentAuthError,
    SegmentDriftError,
    SegmentFilterCheckError,
    SegmentInvalidRequestError,
    SegmentPruneLimitError,
)
from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.operators import applying
from tests.running import Running

NO_EMAILS: list[dict[str, Any]] = [{"type": "DROP_PROPERTIES", "fields": {"properties": ["email"]}}]
DROP: list[dict[str, Any]] = [{"type": "DROP"}]
PRIVACY: dict[str, Any] = {"title": "No emails", "condition": "all", "actions": NO_EMAILS}
EVENT = {"type": "track", "properties": {"email": "a@example.com", "total": 3}}
CHECK = {"payload": EVENT, "result": {"type": "track", "properties": {"total": 3}}}


def apply(**changes: Any) -> SegmentApplyDestinationOperator:
    arguments: dict[str, Any] = {"settings": {"apiKey": "k"}, "subscriptions": None, "filters": [PRIVACY]}
    return applying.apply(**arguments | changes)


def seed(sandbox: SegmentSandbox, *filters: dict[str, Any], **changes: Any) -> None:
    destination = {"id": "d", "sourceId": "sandbox-web", "metadataId": "sandbox-analytics", "name": "mine"}
    plain = {"settings": {"apiKey": "k"}, "filters": list(filters)}
    sandbox.seed({"destinations": [destination | plain | changes]})


def stored(id: str, title: str, **changes: Any) -> dict[str, Any]:
    return {"id": id, "title": title, "if": "all", "actions": NO_EMAILS, "enabled": True} | changes


def writes(sandbox: SegmentSandbox) -> list[str]:
    return [
        f"{entry['method']} {entry['path']}"
        for entry in sandbox.requests
        if entry["method"] != "GET" and "preview" not in entry["path"]
    ]


def results(summary: Any) -> dict[str, str]:
    return {entry["title"]: entry["result"] for entry in summary["filters"]}


def test_filters_are_created_and_a_second_apply_only_reads(running: Running, segment_sandbox: SegmentSandbox) -> None:
    summary = running.run(apply())

    (created,) = segment_sandbox.destinations[0]["filters"]
    assert summary["filters"] == [{"title": "No emails", "id": created["id"], "result": "created"}]
    assert (created["if"], created["actions"], created["enabled"]) == ("all", NO_EMAILS, True)

    before = len(segment_sandbox.requests)
    running.run(apply(filters=None))
    plain = len(segment_sandbox.requests) - before
    again = running.run(apply())
    assert again["filters"] == [{"title": "No emails", "id": created["id"], "result": "kept"}]
    assert len(segment_sandbox.requests) - before - plain == plain + 1  # one read more
    assert len(writes(segment_sandbox)) == 2


def test_filters_are_added_before_the_destination_is_enabled_and_removed_after(
    running: Running, segment_sandbox: SegmentSandbox
) -> None:
    seed(
        segment_sandbox,
        stored("disabled", "Disabled"),
        stored("changed", "Changed"),
        stored("enabled", "Enabled", enabled=False),
        stored("removed", "Removed"),
        enabled=False,
    )
    filters = [
        {"title": "Disabled", "condition": "all", "actions": NO_EMAILS, "enabled": False},
        {"title": "Changed", "condition": "all", "actions": DROP},
        {"title": "Enabled", "condition": "type = 'page'", "actions": NO_EMAILS, "enabled": "True"},
        {"title": "New", "condition": "all", "actions": NO_EMAILS},
    ]
    subscription = {"name": "Track", "action_id": "sandbox-track", "trigger": "all"}

    summary = running.run(apply(filters=filters, prune_filters=True, subscriptions=[subscription], enabled=True))

    assert writes(segment_sandbox) == [
        "POST /destination/d/filters",
        "PATCH /destination/d/filters/enabled",
        "PATCH /destination/d/filters/changed",
        "POST /destinations/d/subscriptions",
        "PATCH /destinations/d",
        "PATCH /destination/d/filters/disabled",
        "DELETE /destination/d/filters/removed",
    ]
    assert results(summary) == {
        "New": "created",
        "Enabled": "changed",
        "Changed": "changed",
        "Disabled": "changed",
        "Removed": "removed",
    }
    found = {one["title"]: one for one in segment_sandbox.destinations[0]["filters"]}
    assert {title: one["enabled"] for title, one in found.items()} == {
        "Disabled": False,
        "Changed": True,
        "Enabled": True,
        "New": True,
    }
    assert (found["Changed"]["actions"], found["Enabled"]["if"]) == (DROP, "type = 'page'")


def test_a_new_destination_described_as_enabled_waits_for_its_filters(
    running: Running, segment_sandbox: SegmentSandbox
) -> None:
    segment_sandbox.fault("status", status=422, method="POST", path="*/filters")
    with pytest.raises(SegmentInvalidRequestError, match="while creating filter 'No emails'"):
        running.run(apply(enabled=True))
    assert segment_sandbox.destinations[0]["enabled"] is False

    running.run(apply(enabled=True))
    (destination,) = segment_sandbox.destinations
    assert destination["enabled"] is True
    assert len(destination["filters"]) == 1


def test_without_filters_they_are_left_alone(running: Running, segment_sandbox: SegmentSandbox) -> None:
    seed(segment_sandbox, stored("f", "Other"))

    assert running.run(apply(filters=None, prune_filters=True))["filters"] == []
    assert results(running.run(apply(filters=[]))) == {}
    assert [entry["path"] for entry in segment_sandbox.requests if "filters" in entry["path"]] == [
        "/destination/d/filters"
    ]
    assert len(segment_sandbox.destinations[0]["filters"]) == 1


def test_prune_has_its_own_limit(running: Running, segment_sandbox: SegmentSandbox) -> None:
    seed(segment_sandbox, stored("f1", "One"), stored("f2", "Two"))

    with pytest.raises(SegmentPruneLimitError, match=r"\(f1, f2\), but max_prune_filters is 1"):
        running.run(apply(prune_filters=True, max_prune_filters=1, max_prune=99))
    assert writes(segment_sandbox) == []


def test_an_empty_list_removes_all_only_with_prune_all(running: Running, segment_sandbox: SegmentSandbox) -> None:
    running.run(apply(filters=[PRIVACY]))
    with pytest.raises(SegmentPruneLimitError, match="the list of filters is empty, so all 1 would be removed"):
        running.run(apply(filters=[], prune_filters=True))
    assert len(segment_sandbox.destinations[0]["filters"]) == 1
    running.run(apply(filters=[]))
    running.run(apply(filters=[], prune_filters=True, prune_all=True))
    assert segment_sandbox.destinations[0]["filters"] == []


def test_equal_titles_are_matched_and_described_as_they_are(running: Running, segment_sandbox: SegmentSandbox) -> None:
    twins = [stored("f1", "Twin"), stored("f2", "Twin"), stored("f3", "Twin", actions=DROP)]
    seed(segment_sandbox, *twins)
    entries = [{"title": "Twin", "condition": "all", "actions": one["actions"]} for one in twins]

    running.run(apply(filters=entries, prune_filters=True))
    assert writes(segment_sandbox) == []
    running.run(apply(filters=[*entries, entries[0]], prune_filters=True))
    assert writes(segment_sandbox) == ["POST /destination/d/filters"]
    renamed = [{**entries[0], "id": "f2", "title": "Single"}, entries[0], entries[0], entries[2]]
    running.run(apply(filters=renamed, prune_filters=True))
    assert writes(segment_sandbox)[1:] == ["PATCH /destination/d/filters/f2"]


def test_report_and_fail_write_nothing(running: Running, segment_sandbox: SegmentSandbox) -> None:
    seed(segment_sandbox, stored("f", "No emails", actions=DROP))

    assert results(running.run(apply(on_drift="report"))) == {"No emails": "would change"}
    with pytest.raises(SegmentDriftError):
        running.run(apply(on_drift="fail"))
    assert writes(segment_sandbox) == []


def test_the_plan_of_the_filters_is_logged(
    running: Running, segment_sandbox: SegmentSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    seed(segment_sandbox, stored("f", "No emails", actions=DROP), stored("g", "Other"))

    running.run(apply(on_drift="report", prune_filters=True))

    log = capsys.readouterr().out
    assert 'change  filter \'No emails\'  actions  [{"type": "DROP"}]  [{"type": "DROP_PROPERTIES"' in log
    assert "remove  filter 'Other'" in log


def test_checks_hold_before_anything_is_written(running: Running, segment_sandbox: SegmentSandbox) -> None:
    running.run(apply(filters=[PRIVACY | {"checks": [CHECK]}]))

    paths = [entry["path"] for entry in segment_sandbox.requests if entry["method"] != "GET"]
    assert paths[0] == "/destination/filters/preview"
    assert len(segment_sandbox.destinations[0]["filters"]) == 1


@pytest.mark.parametrize("on_drift", ["fix", "report", "fail"])
def test_a_check_that_does_not_hold_fails_the_task(
    running: Running, segment_sandbox: SegmentSandbox, on_drift: str
) -> None:
    forgetful = {"title": "No emails", "condition": "type = 'identify'", "actions": NO_EMAILS, "checks": [CHECK]}

    with pytest.raises(SegmentFilterCheckError) as caught:
        running.run(apply(filters=[forgetful], on_drift=on_drift))

    expected = 'properties.email is "a@example.com", expected absent'
    assert str(caught.value) == f"filter 'No emails', checks[0]: {expected}. Nothing was written"
    assert writes(segment_sandbox) == []


def test_a_denied_listing_says_that_filters_need_the_business_tier(
    running: Running, segment_sandbox: SegmentSandbox
) -> None:
    seed(segment_sandbox)
    segment_sandbox.fault("status", status=403, path="*/filters")

    with pytest.raises(SegmentAuthError, match="also needs a workspace on Segment's Business tier"):
        running.run(apply())


def test_filters_can_come_from_a_template(running: Running, segment_sandbox: SegmentSandbox) -> None:
    running.run(apply(filters="{{ given.filters | tojson }}", prune_filters="True"), given={"filters": [PRIVACY]})

    assert [one["title"] for one in segment_sandbox.destinations[0]["filters"]] == ["No emails"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"filters": [{"title": "x"}]}, r"filters\[0\]: 'condition' is missing"),
        ({"filters": [PRIVACY | {"actions": [{"type": "SAMPLE", "percent": 10}]}]}, "it must be a number from 0 to 1"),
        ({"filters": [PRIVACY | {"title": ""}]}, r"\['title'\] is empty"),
        ({"prune_filters": 1}, "prune_filters is 1"),
        ({"max_prune_filters": -1}, "max_prune_filters is -1"),
    ],
)
def test_invalid_arguments_are_rejected_when_the_dag_is_parsed(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        apply(**changes)
