"""What an import writes, and what a second one changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_segment.protocol.workspace.import_filters import describe_filters
from airflow_provider_segment.workspace.folder import load_folder
from tests.workspace.drawn_workspaces import seed
from tests.workspace.engine import Engine
from tests.workspace.spec_files import described, existing, write

IMPORTED = """\
source: my-website
type: actions-cloud
name: Existing 0
enabled: true
settings:
  apiKey:
    $secret: segment_my_website_existing_0_apikey
  map:
    literal: $${x}
    $$secret: a key
subscriptions:
  - name: Track
    action: trackEvent
    trigger: type = "track"
    enabled: true
    model_id: m-1
    reverse_etl_schedule:
      strategy: MANUAL
"""


def one_subscription(**changes: Any) -> dict[str, Any]:
    return {"id": "s0", "name": "Track", "actionId": "a-track", "trigger": 'type = "track"', "enabled": True, **changes}


def test_a_file_names_slugs_and_aliases_and_leaves_out_what_segment_adds(engine: Engine, tmp_path: Path) -> None:
    settings = {
        "apiKey": "key-0123456789-dada",
        "map": {"literal": "${x}", "$secret": "a key"},
        "dynamicAuthSettings": {"configId": "c"},
    }
    subscription = one_subscription(
        settings={"__segment_internal_x": 1}, modelId="m-1", reverseETLSchedule={"strategy": "MANUAL", "config": None}
    )
    engine.sandbox.seed(seed([existing(settings=settings, subscriptions=[subscription])]))

    result = engine.write(tmp_path / "segment")

    assert result.created == ("my-website/actions-cloud/existing-0.yaml",)
    assert (tmp_path / "segment" / result.created[0]).read_text() == IMPORTED
    (imported,) = engine.read(sources=["my-website"])
    assert imported.secrets == {"settings['apiKey']": "segment_my_website_existing_0_apikey"}


def test_entries_that_only_an_id_tells_apart_get_it(engine: Engine, tmp_path: Path) -> None:
    twins = [one_subscription(id="s0"), one_subscription(id="s1"), one_subscription(id="s2", trigger="other", name="O")]
    by_trigger = [one_subscription(id="t0"), one_subscription(id="t1", trigger="x")]
    engine.sandbox.seed(
        seed(
            [
                existing(0, subscriptions=twins),
                existing(1, name="Twin", subscriptions=by_trigger),
                existing(2, name="Twin", subscriptions=[]),
            ]
        )
    )
    first, second, third = engine.read()

    assert [entry.get("id") for entry in first.fields["subscriptions"]] == ["s0", "s1", None]
    assert [entry.get("id") for entry in second.fields["subscriptions"]] == [None, None]
    assert [one.fields.get("id") for one in (first, second, third)] == [None, "d1", "d2"]
    assert set(engine.write(tmp_path / "x").created) == {
        "my-website/actions-cloud/existing-0.yaml",
        "my-website/actions-cloud/twin-d1.yaml",
        "my-website/actions-cloud/twin-d2.yaml",
    }


def test_keys_that_segment_adds_do_not_tell_entries_apart(engine: Engine) -> None:
    added = one_subscription(id="s1", enabled=False, settings={"__segment_internal_x": 1})
    engine.sandbox.seed(seed([existing(subscriptions=[one_subscription(id="s0"), added])]))
    (imported,) = engine.read()
    assert [entry.get("id") for entry in imported.fields["subscriptions"]] == ["s0", "s1"]


def test_a_second_import_keeps_comments_variables_and_aliases(engine: Engine, tmp_path: Path) -> None:
    engine.sandbox.seed(seed([existing(0, enabled=False), existing(1)]))
    root = write(
        tmp_path,
        {
            "mine.yaml": "# ours\nsource: ${SOURCE}\ntype: t-cloud\nname: Existing 0\n"
            "settings: {apiKey: {$secret: ours}}\n",
            "old.yaml": "source: web\ntype: classic\nname: No longer there\n",
            "environments/dev.yaml": "variables: {SOURCE: web}\n",
        },
    )
    before = (root / "mine.yaml").read_text()

    result = engine.write(root, "dev")

    assert result.created == ("my-website/actions-cloud/existing-1.yaml",)
    assert (result.changed, result.unchanged, result.missing) == ((), ("mine.yaml",), ("old.yaml",))
    assert (root / "mine.yaml").read_text() == before


def test_a_second_import_changes_only_what_changed(engine: Engine, tmp_path: Path) -> None:
    engine.sandbox.seed(seed([existing(0)]))
    engine.write(tmp_path / "x")
    path = tmp_path / "x" / "my-website/actions-cloud/existing-0.yaml"
    path.write_text(path.read_text().replace("segment_my_website_existing_0_apikey", "ours"))
    settings = {"apiKey": "key-0123456789-zzzz", "region": "eu"}
    subscriptions = [one_subscription(enabled=False), one_subscription(id="s9", name="New", actionId="a-identify")]
    engine.sandbox.seed(seed([existing(0, settings=settings, subscriptions=subscriptions)]))

    result = engine.write(tmp_path / "x")

    assert result.changed == ("my-website/actions-cloud/existing-0.yaml",)
    (file,) = load_folder(tmp_path / "x").files
    assert file.document.value["settings"] == {"apiKey": {"$secret": "ours"}}  # `region` was not described
    track, new = file.document.value["subscriptions"]
    assert (track["enabled"], new["name"], new["action"]) == (
        False,
        "New",
        "a-identify",
    )  # the slug is the id of another action
    assert engine.plan(tmp_path / "x").is_empty
    assert engine.write(tmp_path / "x").changed == ()


def block(number: int = 0, **changes: Any) -> Any:
    return {
        "id": f"f{number}",
        "title": "Block",
        "if": "all",
        "actions": [{"type": "DROP"}],
        "enabled": True,
        **changes,
    }


def test_filters_are_described_and_get_an_id_where_nothing_else_tells_them_apart(engine: Engine) -> None:
    actions = [{"type": "DROP_PROPERTIES", "fields": {"": ["a", "b"]}}]
    swapped = [{"type": "DROP_PROPERTIES", "fields": {"": ["b", "a"]}}]
    filters = [
        block(0, title="By condition"),
        block(1, title="By condition", **{"if": 'type = "track"'}, description="why", enabled=False),
        block(2, actions=actions),
        block(3, actions=swapped),
    ]
    engine.sandbox.seed(seed([existing(0, filters=filters), existing(1)]))

    first, second = engine.read()

    assert first.fields["filters"] == [
        {"title": "By condition", "condition": "all", "actions": [{"type": "DROP"}], "enabled": True},
        {
            "title": "By condition",
            "condition": 'type = "track"',
            "actions": [{"type": "DROP"}],
            "enabled": False,
            "description": "why",
        },
        {"id": "f2", "title": "Block", "condition": "all", "actions": actions, "enabled": True},
        {"id": "f3", "title": "Block", "condition": "all", "actions": swapped, "enabled": True},
    ]
    assert "filters" not in second.fields
    assert all("filters" not in one.fields for one in engine.read(filters=False))


def test_actions_that_a_file_cannot_express_are_left_alone() -> None:
    unknown = block(actions=[{"type": "ENRICH", "fields": {"a": 1}}])
    assert describe_filters([unknown]) == [{"id": "f0", "title": "Block", "condition": "all", "enabled": True}]


def test_a_workspace_without_filters_is_imported_all_the_same(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine.sandbox.seed(seed([existing(0, filters=[block()]), existing(1)]))
    engine.write(tmp_path / "x")
    path = tmp_path / "x" / "my-website/actions-cloud/existing-0.yaml"
    before = path.read_text()
    assert "filters" in before
    engine.sandbox.fault("status", status=403, path="/destination/*", times=None)

    assert len(engine.write(tmp_path / "x").unchanged) == 2
    assert path.read_text() == before
    assert caplog.text.count("Segment denied access to filters, so they will not be imported") == 1
    assert "a workspace on Segment's Business tier" in caplog.text


def test_a_second_import_changes_only_the_filters_that_changed(engine: Engine, tmp_path: Path) -> None:
    fields = {"": ["b", "a"]}
    drop = [{"type": "DROP_PROPERTIES", "fields": fields}]
    filters = [block(0), block(1, title="Renamed"), block(2, title="Same", actions=drop), block(3, title="New")]
    engine.sandbox.seed(seed([existing(0, filters=filters)]))
    entries: list[dict[str, Any]] = [
        {
            "title": "Block",
            "condition": "old",
            "actions": [{"type": "DROP"}],
            "checks": [{"payload": {}, "result": None}],
        },
        {"title": "Old", "previous_title": "Renamed", "condition": "all", "actions": [{"type": "drop"}]},
        {
            "title": "${SAME}",
            "condition": "all",
            "actions": [{"type": "drop_properties", "fields": {"": ["a", "b"]}}],
            "description": "",
        },
        {"title": "No longer there", "condition": "all", "actions": [{"type": "DROP"}]},
        {"title": "Removed", "removed": True},
    ]
    write(tmp_path, {"a.yaml": described(filters=entries), "environments/e.yaml": "variables: {SAME: Same}"})

    assert engine.write(tmp_path, "e").changed == ("a.yaml",)

    (file,) = load_folder(tmp_path, environment="e").files
    changed, renamed, same, _, removed = entries
    assert file.document.value["filters"] == [
        {**changed, "condition": "all"},
        {**renamed, "title": "Renamed"},
        same,
        removed,
        {"title": "New", "condition": "all", "actions": [{"type": "DROP"}], "enabled": True},
    ]
    assert engine.plan(tmp_path, environment="e").is_empty
    assert engine.write(tmp_path, "e").changed == ()


def test_a_json_file_stays_json(engine: Engine, tmp_path: Path) -> None:
    engine.sandbox.seed(seed([existing(0, enabled=False)]))
    value = {"source": "my-website", "type": "actions-cloud", "name": "Existing 0", "enabled": True}
    write(tmp_path, {"a.json": json.dumps(value)})

    assert engine.write(tmp_path).changed == ("a.json",)
    assert json.loads((tmp_path / "a.json").read_text()) == {**value, "enabled": False}
