"""Planning and applying described destinations: creates, removals, renames, errors, and what is never touched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_segment.protocol.api.destinations import post_destination
from airflow_provider_segment.protocol.errors import (
    SegmentAlreadyExistsError,
    SegmentAuthError,
    SegmentPruneLimitError,
    SegmentSeveralMatchesError,
)
from airflow_provider_segment.protocol.workspace.plan_workspace import PlanOptions
from tests.workspace.drawn_workspaces import CLASSIC, seed
from tests.workspace.engine import Engine
from tests.workspace.spec_files import described, existing, spec, write

DROP = [{"type": "DROP"}]
TRACK = {"name": "Track", "action": "trackEvent", "trigger": 'type = "track"'}


def results(plan: Any) -> list[tuple[str, str]]:
    return [(item.description.path, item.result) for item in plan.items]


def test_a_new_destination_is_created_with_slugs(engine: Engine, tmp_path: Path) -> None:
    """No destination has the type yet, so its slug is looked up in the catalog."""
    engine.sandbox.seed(seed([]))
    settings = {"apiKey": {"$secret": "key"}, "region": "eu"}
    write(tmp_path, {"a.yaml": described(name="New", settings=settings, subscriptions=[TRACK])})

    plan = engine.plan(tmp_path, secret={"key": "key-0123456789-dada"}.get)
    assert results(plan) == [("a.yaml", "created")]
    assert str(plan.forecast) == "1 subscription write"
    (applied,) = engine.apply(plan)

    assert (applied.result, applied.error) == ("created", None)
    (destination,) = engine.sandbox.destinations
    assert (destination["sourceId"], destination["name"]) == ("web", "New")
    assert destination["settings"]["apiKey"].endswith("dada")
    assert [one["actionId"] for one in destination["subscriptions"]] == ["a-track"]
    assert engine.plan(tmp_path, secret={"key": "key-0123456789-dada"}.get).is_empty


def test_what_is_wrong_with_a_destination_that_another_client_created_is_reported(
    engine: Engine, tmp_path: Path
) -> None:
    """Segment refuses the create, but the problem is that two subscriptions match one description."""
    engine.sandbox.seed(seed([]))
    write(tmp_path, {"a.yaml": described(name="New", subscriptions=[TRACK])})
    plan = engine.plan(tmp_path)
    twice = [{"id": id, "name": "Track", "actionId": "a-track", "trigger": "all", "enabled": True} for id in "st"]
    engine.sandbox.seed(seed([existing(name="New", subscriptions=twice)]))

    (applied,) = engine.apply(plan)
    assert isinstance(applied.error, SegmentSeveralMatchesError)
    assert "has the same name" in str(applied.error.__cause__)


def test_a_secret_that_must_be_written_is_an_error_before_anything_is_written(engine: Engine, tmp_path: Path) -> None:
    engine.sandbox.seed(seed([]))
    secret = {"$secret": "key"}
    write(
        tmp_path,
        {
            "a.yaml": described(name="Fine"),
            "b.yaml": described(name="New", settings={"apiKey": secret}),
        },
    )
    plan = engine.plan(tmp_path)

    assert results(plan) == [("a.yaml", "created"), ("b.yaml", "created")]
    needs = "settings['apiKey'] needs the secret 'key', which is not supplied; create the connection"
    assert any(warning.startswith(f"the plan can't be applied: {needs}") for warning in plan.items[1].warnings)
    skipped, failed = engine.apply(plan)
    assert (skipped.result, failed.result) == ("skipped", "failed")
    assert str(failed.error).startswith(needs)
    assert engine.writes() == []
    assert [one.result for one in engine.apply(plan, stop_on_error=False)] == ["created", "failed"]


def test_a_new_subscription_needs_its_secret_too(engine: Engine, tmp_path: Path) -> None:
    engine.sandbox.seed(seed([existing()]))
    new = {**TRACK, "name": "New", "settings": {"token": {"$secret": "key"}}}
    write(tmp_path, {"a.yaml": described(subscriptions=[TRACK, new])})

    (failed,) = engine.apply(engine.plan(tmp_path))
    assert str(failed.error).startswith("subscription 'New': settings['token'] needs the secret 'key'")
    assert engine.writes() == []


def test_settings_are_not_written_without_one_whose_secret_is_not_supplied(engine: Engine, tmp_path: Path) -> None:
    """Segment may replace settings, which would delete the secret."""
    engine.sandbox.seed(seed([existing(0), existing(1)]))
    settings = {"apiKey": {"$secret": "key"}, "region": "eu"}
    write(
        tmp_path,
        {"a.yaml": described(settings=settings), "b.yaml": described(name="Existing 1", enabled=False)},
    )
    plan = engine.plan(tmp_path)

    assert results(plan) == [("a.yaml", "changed"), ("b.yaml", "changed")]
    refusal = (
        "settings['region'] differs, and settings can only be written as a whole, but settings['apiKey'] needs the"
        " secret 'key', which is not supplied; create the connection, or map the alias to another connection in the"
        " environment"
    )
    assert plan.items[0].warnings == (f"the plan can't be applied: {refusal}",)
    assert list(plan.unsupplied()) == [("a.yaml", "settings['apiKey']", "key")]
    failed, skipped = engine.apply(plan)
    assert (failed.result, str(failed.error), skipped.result) == ("failed", refusal, "skipped")
    assert engine.writes() == []

    assert [one.result for one in engine.apply(plan, stop_on_error=False)] == ["failed", "changed"]
    assert engine.plan(tmp_path, secret={"key": "key-0123456789-dada"}.get).unwritable == ()


def test_a_secret_that_is_not_supplied_does_not_hold_up_other_changes(engine: Engine, tmp_path: Path) -> None:
    engine.sandbox.seed(seed([existing()]))
    changed = {**TRACK, "enabled": False, "settings": {"token": {"$secret": "other"}}}
    write(
        tmp_path,
        {"a.yaml": described(name="New", previous_name="Existing 0", settings={"apiKey": {"$secret": "key"}})},
    )
    assert results(engine.plan(tmp_path)) == [("a.yaml", "changed")]
    write(tmp_path, {"a.yaml": described(settings={"apiKey": {"$secret": "key"}}, subscriptions=[changed])})

    (applied,) = engine.apply(engine.plan(tmp_path))

    assert (applied.result, applied.error) == ("changed", None)
    assert engine.writes() == [("PATCH", "/destinations/d0/subscriptions/s0")]
    assert engine.sandbox.destinations[0]["settings"]["apiKey"].endswith("dada")


def test_settings_of_a_subscription_are_not_written_without_a_secret(engine: Engine, tmp_path: Path) -> None:
    engine.sandbox.seed(seed([existing()]))
    entry = {"id": "s0", "action": "trackEvent", "settings": {"email": "x", "token": {"$secret": "key"}}}
    write(tmp_path, {"a.yaml": described(subscriptions=[entry])})

    (failed,) = engine.apply(engine.plan(tmp_path))
    assert str(failed.error).startswith(
        "subscription s0: settings['email'] differs, and settings can only be written as a whole, but"
        " settings['token'] needs the secret 'key', which is not supplied;"
    )


def test_what_is_not_described_is_listed_and_left_alone(engine: Engine, tmp_path: Path) -> None:
    engine.sandbox.seed(seed([existing(0), existing(1), existing(2, sourceId="app")]))
    write(tmp_path, {"a.yaml": described(), "new.yaml": described(name="New")})

    plan = engine.plan(tmp_path)
    engine.apply(plan)

    assert [(one.id, one.name, one.source, one.type) for one in plan.undescribed] == [
        ("d1", "Existing 1", "my-website", "actions-cloud")
    ]
    (warning,) = plan.items[1].warnings
    assert warning.startswith("the source already has other destinations of this type: 'Existing 1' (d1);")
    assert [method for method, _ in engine.writes()] == ["POST"]


def test_only_what_is_marked_as_removed_is_removed(engine: Engine, tmp_path: Path) -> None:
    engine.sandbox.seed(seed([existing(0), existing(1)]))
    gone = {"id": "gone", "action": "trackEvent", "removed": True}
    write(
        tmp_path,
        {
            "a.yaml": described(subscriptions=[{**TRACK, "removed": True}, gone]),
            "b.yaml": described(name="Existing 1", removed=True),
            "c.yaml": described(name="Long gone", removed=True),
        },
    )
    with pytest.raises(SegmentPruneLimitError, match=r"2 objects would be removed \(.+\), but max_prune is 1"):
        engine.plan(tmp_path, how=PlanOptions(max_prune=1))
    plan = engine.plan(tmp_path)
    assert results(plan) == [("a.yaml", "changed"), ("b.yaml", "removed"), ("c.yaml", "kept")]
    engine.apply(plan)

    assert engine.writes() == [("DELETE", "/destinations/d0/subscriptions/s0"), ("DELETE", "/destinations/d1")]
    assert engine.plan(tmp_path).is_empty


@pytest.mark.parametrize("changes", [{"previous_name": "Existing 0"}, {"id": "d0"}])
def test_renaming_changes_the_existing_one(engine: Engine, tmp_path: Path, changes: dict[str, str]) -> None:
    engine.sandbox.seed(seed([existing()]))
    write(tmp_path, {"a.yaml": described(name="Renamed", **changes)})

    for _ in range(2):
        engine.apply(engine.plan(tmp_path))

    assert engine.writes() == [("PATCH", "/destinations/d0")]
    assert [one["name"] for one in engine.sandbox.destinations] == ["Renamed"]


def test_every_description_that_fails_has_its_error(engine: Engine, tmp_path: Path) -> None:
    engine.sandbox.seed(seed([existing(0), existing(1, name="Twin"), existing(2, name="Twin")]))
    write(
        tmp_path,
        {
            "action.yaml": described(subscriptions=[{**TRACK, "action": "trackEvnt"}]),
            "fine.yaml": described(name="New"),
            "id.yaml": described(name="X", id="missing"),
            "source.yaml": described(source="my-websit"),
            "twin.yaml": described(name="Twin"),
            "type.yaml": described(type="actions-clod"),
            "wrong-type.yaml": described(type="classic", id="d1"),
        },
    )
    errors = {item.description.path: str(item.error) for item in engine.plan(tmp_path).failed}

    assert errors["action.yaml"] == (
        "subscription 'Track': there is no action with the slug or id 'trackEvnt'; did you mean 'trackEvent' or"
        " 'a-track'?"
    )
    assert errors["id.yaml"] == "there is no destination missing on source web"
    assert "did you mean 'my-website'" in errors["source.yaml"]
    assert errors["twin.yaml"].startswith("2 objects match destination 'Twin'")
    assert "did you mean 'actions-cloud'" in errors["type.yaml"]
    assert errors["wrong-type.yaml"].startswith("destination d1 is of type t-cloud, not t-classic")
    assert "fine.yaml" not in errors


def test_two_files_cannot_describe_one_destination_by_slug_and_by_id(engine: Engine, tmp_path: Path) -> None:
    engine.sandbox.seed(seed([existing()]))
    write(tmp_path, {"a.yaml": described(), "b.yaml": described(source="web", type="t-cloud")})

    (failed,) = engine.plan(tmp_path).failed
    assert failed.description.path == "b.yaml"
    assert str(failed.error) == "destination d0 is described twice; remove one of the two descriptions"


def test_a_failure_stops_or_goes_on(engine: Engine, tmp_path: Path) -> None:
    engine.sandbox.seed(seed([existing(number) for number in range(3)]))
    files = {f"{number}.yaml": described(name=f"Existing {number}", enabled=False) for number in range(3)}
    plan = engine.plan(write(tmp_path, files))

    engine.sandbox.fault("status", status=422, method="PATCH", path="/destinations/d1", times=None)
    assert [one.result for one in engine.apply(plan, stop_on_error=False)] == ["changed", "failed", "changed"]

    engine.sandbox.seed(seed([existing(number) for number in range(3)]))
    engine.sandbox.fault("status", status=422, method="PATCH", path="/destinations/d0", times=None)
    stopped = engine.apply(plan)
    assert [one.result for one in stopped] == ["failed", "skipped", "skipped"]
    assert "422" in str(stopped[0].error)


def test_a_rejected_token_ends_everything(engine: Engine, tmp_path: Path) -> None:
    engine.sandbox.seed(seed([existing(number) for number in range(3)]))
    files = {f"{number}.yaml": described(name=f"Existing {number}", enabled=False) for number in range(3)}
    plan = engine.plan(write(tmp_path, files))
    engine.sandbox.fault("status", status=401, times=None)

    with pytest.raises(SegmentAuthError):
        engine.apply(plan, stop_on_error=False)


def test_creating_a_fleet_lists_each_source_twice(engine: Engine, tmp_path: Path) -> None:
    """One list before and one after: what is sent and received grows with the number of destinations."""
    engine.sandbox.seed(seed([existing(0), existing(1, sourceId="app")]))
    count = 12
    for number in range(count):
        source = ("my-website", "app")[number % 2]
        write(tmp_path, {f"{number}.yaml": described(source=source, name=f"New {number}", subscriptions=[TRACK])})
    plan = engine.plan(tmp_path)
    planned = len(engine.sandbox.requests)
    assert [str(one.error) for one in plan.failed] == []
    assert {one.result for one in engine.apply(plan)} == {"created"}

    requests = engine.sandbox.requests
    lists = [one for one in requests if one["path"].endswith("/connected-destinations")]
    assert planned == 1 + 2
    assert len(lists) == 2 * 2
    assert len(requests) - planned == 2 + count * 3  # a destination, its subscription, and the list that confirms this
    assert engine.plan(tmp_path).is_empty


@pytest.mark.parametrize("refuses", [True, False])
def test_what_another_run_created_since_the_plan_is_adopted_or_reported(
    engine: Engine, tmp_path: Path, refuses: bool
) -> None:
    engine.sandbox.seed(seed([existing()]))
    engine.sandbox.settings(duplicate_names="reject" if refuses else "allow")
    write(tmp_path, {"a.yaml": described(name="New", subscriptions=[TRACK]), "b.yaml": described(name="Other")})
    plan = engine.plan(tmp_path)
    engine.driver.run(
        post_destination(engine.options, source_id="web", metadata_id="t-cloud", name="New", settings={}, enabled=False)
    )

    failed, created = engine.apply(plan)

    assert created.result == "created"
    if refuses:
        assert (failed.result, failed.error) == ("changed", None)
        assert engine.plan(tmp_path).is_empty
        return
    assert isinstance(failed.error, SegmentSeveralMatchesError)
    assert set(failed.error.ids) == {one["id"] for one in engine.sandbox.destinations if one["name"] == "New"}
    assert "another run or an earlier request created one of these destinations" in str(failed.error)


def test_after_an_earlier_try_nothing_is_created_before_its_requests_have_arrived(
    engine: Engine, tmp_path: Path
) -> None:
    engine.sandbox.seed(seed([existing()]))
    new = {**TRACK, "name": "New"}
    write(
        tmp_path,
        {"a.yaml": described(subscriptions=[new]), "b.yaml": described(name="New"), "c.yaml": described(name="N")},
    )
    engine.options = replace(engine.options, reconcile_timeout=0.5, clocks=lambda: (0.0, 0.0))
    plan = engine.plan(tmp_path)

    engine.apply(plan, pending_since=engine.options.clocks())

    created = [number for number, one in enumerate(engine.sandbox.requests) if one["method"] == "POST"]
    before = [one["path"] for one in engine.sandbox.requests[: created[0]]]
    assert before.count("/destinations/d0/subscriptions") == 1 + 2  # for the plan, then at once and after the pause
    lists = [
        number for number, one in enumerate(engine.sandbox.requests) if one["path"].endswith("/connected-destinations")
    ]
    assert lists[1] in range(created[0], created[1])  # the plan's list says nothing about them


def test_two_files_that_create_one_destination(engine: Engine, tmp_path: Path) -> None:
    engine.sandbox.seed(seed([existing()]))
    write(tmp_path, {"a.yaml": described(name="New"), "b.yaml": described(name="New", source="web", type="t-cloud")})

    (failed,) = engine.plan(tmp_path).failed
    assert (
        str(failed.error)
        == "destination 'New' of type t-cloud on source web is described twice; remove one of the two descriptions"
    )


def test_what_changed_since_the_plan_is_read_again(engine: Engine, tmp_path: Path) -> None:
    engine.sandbox.seed(seed([existing()]))
    write(tmp_path, {"a.yaml": described(enabled=False, subscriptions=[TRACK, {**TRACK, "name": "New"}])})
    plan = engine.plan(tmp_path)
    engine.apply(plan)
    written = len(engine.writes())

    assert engine.apply(plan)[0].error is None
    assert len(engine.writes()) == written
    assert len(engine.sandbox.destinations[0]["subscriptions"]) == 2


def test_the_token_of_another_workspace_is_refused(engine: Engine, tmp_path: Path) -> None:
    engine.sandbox.seed(seed([existing()]))
    write(tmp_path, {"a.yaml": described()})

    with pytest.raises(ValueError, match="belongs to the workspace sandbox-workspace, but workspace_id in the env"):
        engine.plan(tmp_path, how=PlanOptions(workspace_id="other"))
    assert engine.plan(tmp_path, how=PlanOptions(workspace_id="sandbox-workspace")).is_empty


def test_one_folder_serves_two_environments(engine: Engine, tmp_path: Path) -> None:
    """Promotion is applying the same files with another environment."""
    engine.sandbox.seed(seed([]))
    write(
        tmp_path,
        {
            "a.yaml": described(source="${SOURCE}", name="A", settings={"region": "${REGION}"}),
            "environments/dev.yaml": "variables: {SOURCE: my-app-dev, REGION: us}".replace("my-app-dev", "web"),
            "environments/prod.yaml": "variables: {SOURCE: app, REGION: eu}",
        },
    )
    for environment in ("dev", "prod"):
        engine.apply(engine.plan(tmp_path, environment=environment))

    found = {one["sourceId"]: one["settings"]["region"] for one in engine.sandbox.destinations}
    assert found == {"web": "us", "app": "eu"}


def block(number: int = 0, **changes: Any) -> dict[str, Any]:
    return {"id": f"f{number}", "title": f"F{number}", "if": "all", "actions": DROP, "enabled": True, **changes}


def test_filters_are_created_changed_and_removed(engine: Engine, tmp_path: Path) -> None:
    engine.sandbox.seed(seed([existing(filters=[block(0), block(1), block(2), block(3), block(4, enabled=False)])]))
    new = {"title": "New", "condition": "all", "actions": DROP}
    entries = [
        {"title": "F0", "removed": True},
        {"id": "f1", "title": "Renamed"},
        {**new, "title": "F2", "description": "why"},
        {"id": "gone", "removed": True},
        new,
    ]
    write(tmp_path, {"a.yaml": described(filters=entries)})

    with pytest.raises(SegmentPruneLimitError, match=r"1 object would be removed \(.+\), but max_prune is 0"):
        engine.plan(tmp_path, how=PlanOptions(max_prune=0))
    plan = engine.plan(tmp_path)
    assert [(part.step.value, part.title) for part in plan.items[0].plan.filters] == [  # type: ignore[union-attr]
        ("create", "New"),
        ("change", "Renamed"),
        ("change", "F2"),
        ("remove", "F0"),
    ]
    (applied,) = engine.apply(plan)

    assert (applied.result, applied.error) == ("changed", None)
    (destination,) = engine.sandbox.destinations
    assert [one["title"] for one in destination["filters"]] == ["Renamed", "F2", "F3", "F4", "New"]
    assert len(engine.writes()) == 4
    assert engine.plan(tmp_path).is_empty


def test_filters_that_are_not_described_are_not_even_read(engine: Engine, tmp_path: Path) -> None:
    engine.sandbox.seed(seed([existing(0, filters=[block()]), existing(1)]))
    write(tmp_path, {"a.yaml": described(enabled=False), "b.yaml": described(name="Existing 1", filters=[])})
    engine.apply(engine.plan(tmp_path))

    assert not [one for one in engine.sandbox.requests if one["path"].startswith("/destination/")]
    assert len(engine.sandbox.destinations[0]["filters"]) == 1


def test_a_check_that_does_not_hold_is_an_error_before_anything_is_written(engine: Engine, tmp_path: Path) -> None:
    engine.sandbox.seed(seed([existing(0), existing(1)]))
    checks = [{"payload": {"type": "track"}, "result": {"type": "track"}}]
    entry = {"title": "F", "condition": "all", "actions": DROP}
    write(
        tmp_path,
        {
            "a.yaml": described(filters=[{**entry, "checks": checks}]),
            "b.yaml": described(name="Existing 1", filters=[{**entry, "checks": [{**checks[0], "result": None}]}]),
        },
    )
    plan = engine.plan(tmp_path)
    assert results(plan) == [("a.yaml", "failed"), ("b.yaml", "changed")]
    assert str(plan.failed[0].error).startswith("filter 'F', checks[0]: the event is dropped, expected")
    assert [one.result for one in engine.apply(plan)] == ["failed", "skipped"]
    assert [path for _, path in engine.writes()] == ["/destination/filters/preview"] * 2

    engine.apply(plan, stop_on_error=False)
    assert engine.writes()[2:] == [("POST", "/destination/d1/filters")]


def test_a_workspace_without_filters_fails_only_where_they_are_described(engine: Engine, tmp_path: Path) -> None:
    engine.sandbox.seed(seed([existing(0), existing(1)]))
    write(
        tmp_path,
        {
            "a.yaml": described(filters=[{"title": "F", "condition": "all", "actions": DROP}]),
            "b.yaml": described(name="Existing 1"),
        },
    )
    engine.sandbox.fault("status", status=403, path="/destination/*", times=None)
    plan = engine.plan(tmp_path)

    assert results(plan) == [("a.yaml", "failed"), ("b.yaml", "kept")]
    assert "a workspace on Segment's Business tier" in str(plan.failed[0].error)


def test_fifty_subscriptions_have_a_forecast(engine: Engine, tmp_path: Path) -> None:
    engine.sandbox.seed(seed([]))
    entries = [{**TRACK, "name": f"Track {number}"} for number in range(50)]
    write(tmp_path, {"a.yaml": described(subscriptions=entries)})

    forecast = engine.plan(tmp_path).forecast

    assert str(forecast) == "50 subscription writes, about 9 minutes at Segment's limit of 5 a minute"


def test_settings_that_the_catalog_does_not_know_or_requires_are_warnings(engine: Engine, tmp_path: Path) -> None:
    engine.sandbox.seed(seed([existing(0)]))
    wrong = {"apikey": "x", "flag": "yes"}
    write(tmp_path, {"a.yaml": described(settings=wrong), "new.yaml": described(name="New", settings=wrong)})

    plan = engine.plan(tmp_path)

    old, new = (" | ".join(item.warnings) for item in plan.items)
    assert "the type has no setting 'apikey'; did you mean 'apiKey'?" in old
    assert "its type has no setting 'apikey'; did you mean 'apiKey'?" in new
    assert 'did you mean "' not in old + new


SINGLE = {**CLASSIC, "supportedFeatures": {"cloudModeInstances": "SINGLE", "deviceModeInstances": "NONE"}}


def single(**changes: Any) -> str:
    return spec(**{"source": "my-website", "type": "classic", **changes})


def test_a_second_destination_of_a_single_instance_type_is_reported_in_the_plan(engine: Engine, tmp_path: Path) -> None:
    one = {"id": "d0", "sourceId": "web", "metadataId": "t-classic", "name": "Existing", "settings": {}}
    engine.sandbox.seed({**seed([one]), "catalog": [SINGLE]})
    write(
        tmp_path,
        {"a.yaml": single(name="New"), "b.yaml": single(name="Existing"), "c.yaml": single(name="N", source="app")},
    )

    plan = engine.plan(tmp_path)
    assert [one.error for one in plan.items][1:] == [None, None]

    assert results(plan) == [("a.yaml", "failed"), ("b.yaml", "kept"), ("c.yaml", "created")]
    error = plan.items[0].error
    assert isinstance(error, SegmentAlreadyExistsError)
    assert error.ids == ("d0",)
    assert "can have only one destination of this type, and it already has 'Existing' (d0)" in str(error)
    assert engine.writes() == []


def test_two_described_destinations_of_a_single_instance_type_are_reported_in_the_plan(
    engine: Engine, tmp_path: Path
) -> None:
    engine.sandbox.seed({**seed([]), "catalog": [SINGLE]})
    write(tmp_path, {"a.yaml": single(name="A"), "b.yaml": single(name="B"), "c.yaml": single(name="C")})

    plan = engine.plan(tmp_path)

    assert results(plan) == [("a.yaml", "created"), ("b.yaml", "failed"), ("c.yaml", "failed")]
    assert "only one destination of this type, but destination 'A' (a.yaml) is also described" in str(
        plan.items[1].error
    )
    assert [one.result for one in engine.apply(plan)] == ["skipped", "failed", "failed"]
    assert engine.writes() == []


def test_a_single_instance_may_replace_one_that_an_earlier_file_removes(engine: Engine, tmp_path: Path) -> None:
    one = {"id": "d0", "sourceId": "web", "metadataId": "t-classic", "name": "Existing", "settings": {}}
    engine.sandbox.seed({**seed([one]), "catalog": [SINGLE]})
    write(tmp_path, {"a.yaml": single(name="Existing", removed=True), "b.yaml": single(name="New")})
    plan = engine.plan(tmp_path)
    assert results(plan) == [("a.yaml", "removed"), ("b.yaml", "created")]
    assert [one.result for one in engine.apply(plan)] == ["removed", "created"]

    engine.sandbox.seed({**seed([one]), "catalog": [SINGLE]})
    write(tmp_path, {"a.yaml": single(name="New"), "b.yaml": single(name="Existing", removed=True)})
    assert results(engine.plan(tmp_path)) == [("a.yaml", "failed"), ("b.yaml", "removed")]
