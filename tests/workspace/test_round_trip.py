"""Import a workspace, then plan: no differences; apply: no write. Change one field: that one write."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_segment.protocol.provisioning.plan import Result
from airflow_provider_segment.workspace.folder import load_folder
from airflow_provider_segment.workspace.writer import write_yaml
from tests.protocol.property_settings import examples
from tests.workspace.drawn_workspaces import destinations, seed
from tests.workspace.engine import AnyEngine, Engine


@contextmanager
def new_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="segment-workspace-"))
    try:
        yield folder / "segment"
    finally:
        shutil.rmtree(folder)


DRAWN = settings(examples(0.1), suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


@DRAWN
@given(drawn=destinations())
def test_after_an_import_nothing_differs_and_nothing_is_written(
    any_engine: AnyEngine, drawn: list[dict[str, Any]]
) -> None:
    engine = any_engine
    engine.start(drawn)
    with new_folder() as root:
        result = engine.write(root)
        plan = engine.plan(root)

        assert [str(item.error) for item in plan.failed] == []
        assert [(item.description.path, item.result) for item in plan.items if not item.is_empty] == []
        assert sorted(item.plan.destination.id for item in plan.items if item.plan) == sorted(  # type: ignore[type-var]
            one["id"] for one in drawn
        )
        assert plan.undescribed == ()
        assert {one.result for one in engine.apply(plan)} == {"kept"}
        assert engine.writes() == []

        again = engine.write(root)
        assert (again.created, again.changed, again.missing) == ((), (), ())
        assert sorted(again.unchanged) == sorted(result.created)


@DRAWN
@given(drawn=destinations(), data=st.data())
def test_one_changed_field_is_one_write(
    any_engine: AnyEngine, drawn: list[dict[str, Any]], data: st.DataObject
) -> None:
    engine = any_engine
    engine.start(drawn)
    prefix = "" if isinstance(engine, Engine) else "d{}-"
    with new_folder() as root:
        paths = engine.write(root).paths
        number = data.draw(st.integers(0, len(drawn) - 1), label="destination")
        path = root / paths[number]
        value = dict(load_folder(root).files[sorted(paths).index(paths[number])].document.value)
        entries = value.get("subscriptions", [])
        change: dict[str, Any]
        blocks = value.get("filters", [])
        if blocks and data.draw(st.booleans(), label="change a filter"):
            index = data.draw(st.integers(0, len(blocks) - 1), label="filter")
            change = data.draw(
                st.sampled_from(
                    [{"condition": 'event = "new"'}, {"enabled": not blocks[index]["enabled"]}, {"description": "x"}]
                )
            )
            value["filters"] = [dict(one, **change) if n == index else one for n, one in enumerate(blocks)]
            written = ("PATCH", f"/destination/d{number}/filters/{prefix.format(number)}f{index}")
        elif entries and data.draw(st.booleans(), label="change a subscription"):
            index = data.draw(st.integers(0, len(entries) - 1), label="subscription")
            change = data.draw(st.sampled_from([{"trigger": "new"}, {"enabled": not entries[index]["enabled"]}]))
            value["subscriptions"] = [dict(one, **change) if n == index else one for n, one in enumerate(entries)]
            written = ("PATCH", f"/destinations/d{number}/subscriptions/{prefix.format(number)}s{index}")
        else:
            change = data.draw(st.sampled_from([{"enabled": not value["enabled"]}, {"settings": {"map": "new"}}]))
            value |= change
            written = ("PATCH", f"/destinations/d{number}")
        path.write_text(write_yaml(value))

        plan = engine.plan(root)
        applied = engine.apply(plan)

        assert [str(one.error) for one in applied if one.error] == []
        assert engine.writes() == [written]
        assert engine.plan(root).is_empty


@pytest.mark.parametrize("supplied", [True, False])
def test_a_supplied_secret_is_compared(engine: Engine, tmp_path: Path, supplied: bool) -> None:
    destination = {
        "id": "d0",
        "sourceId": "web",
        "metadataId": "t-cloud",
        "name": "A",
        "settings": {"apiKey": "key-0123456789-dada"},
    }
    engine.sandbox.seed(seed([destination]))
    engine.write(tmp_path / "x")

    plan = engine.plan(tmp_path / "x", secret=lambda alias: "key-9999999999-zzzz" if supplied else None)

    (item,) = plan.items
    assert item.plan is not None
    assert item.plan.destination.diff.names == (["settings['apiKey']"] if supplied else [])
    assert list(plan.unsupplied()) == (
        [] if supplied else [("my-website/actions-cloud/a.yaml", "settings['apiKey']", "segment_my_website_a_apikey")]
    )
    engine.apply(plan)
    assert engine.writes() == ([("PATCH", "/destinations/d0")] if supplied else [])


def test_four_hundred_destinations_take_one_request_each(engine: Engine, tmp_path: Path) -> None:
    """At most 1 + sources + destinations requests, and one for each further page; 1,000 subscriptions.

    An import takes a further one for the filters of each destination, a plan only where filters are described.
    """
    subscription = {"actionId": "a-track", "name": "Track", "trigger": "t", "enabled": True}
    block = {"id": "f0", "title": "Block", "if": "all", "actions": [{"type": "DROP"}], "enabled": True}
    drawn = [
        {
            "id": f"d{number}",
            "sourceId": ("web", "app")[number % 2],
            "metadataId": "t-cloud",
            "name": f"Destination {number}",
            "settings": {"apiKey": "key-0123456789-dada"},
            "subscriptions": [{**subscription, "id": f"s{n}", "name": f"Track {n}"} for n in range(2 + number % 2)],
            "filters": [block] * (number % 4 == 0),
        }
        for number in range(400)
    ]
    engine.sandbox.seed(seed(drawn))

    engine.read(filters=False)
    without_filters = len(engine.sandbox.requests)
    engine.write(tmp_path / "x")
    for_import = len(engine.sandbox.requests) - without_filters
    plan = engine.plan(tmp_path / "x")
    for_plan = len(engine.sandbox.requests) - for_import - without_filters

    assert plan.is_empty
    assert len(plan.items) == 400
    assert sum(len(item.plan.subscriptions) for item in plan.items if item.plan) == 1000
    pages = 2  # of 200 destinations
    assert without_filters <= 1 + pages + 400
    assert for_import <= 1 + pages + 400 + 400
    assert for_plan <= 1 + 2 + 400 + 100
    assert {part.result for item in plan.items if item.plan for part in item.plan.subscriptions} == {Result.KEPT}
