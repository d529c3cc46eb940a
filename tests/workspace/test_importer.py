"""What an import writes, and what a second one changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from airflow_provider_segment.workspace.folder import load_folder
from tests.workspace.drawn_workspaces import seed
from tests.workspace.engine import Engine
from tests.workspace.test_folder import write
from tests.workspace.test_plan_and_apply import existing

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


def test_a_json_file_stays_json(engine: Engine, tmp_path: Path) -> None:
    engine.sandbox.seed(seed([existing(0, enabled=False)]))
    value = {"source": "my-website", "type": "actions-cloud", "name": "Existing 0", "enabled": True}
    write(tmp_path, {"a.json": json.dumps(value)})

    assert engine.write(tmp_path).changed == ("a.json",)
    assert json.loads((tmp_path / "a.json").read_text()) == {**value, "enabled": False}
