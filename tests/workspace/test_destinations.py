"""Listing spec files while a DAG file is parsed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from airflow.models import DagBag
from airflow.serialization import serialized_objects

from airflow_provider_segment.workspace.destinations import load_destinations
from tests.workspace.test_folder import spec, write

HERE = Path(__file__).parent
DAG_FILE = """
from airflow.providers.common.compat.sdk import DAG
from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.workspace.destinations import load_destinations

with DAG("files", schedule=None):
    SegmentApplyDestinationOperator.partial(task_id="apply").expand_kwargs(
        load_destinations("segment/", environment="prod")
    )
"""
IMPORT = "import json, sys, airflow_provider_segment.workspace.destinations; print(json.dumps(sorted(sys.modules)))"


def serialized(folder: Path) -> Any:
    bag = DagBag(folder)
    assert bag.import_errors == {}
    serialization: Any = vars(serialized_objects).get("DagSerialization") or vars(serialized_objects)["SerializedDAG"]
    return serialization.to_dict(bag.dags["files"])


def test_an_entry_for_each_file_that_an_edit_does_not_change(tmp_path: Path) -> None:
    """Not even one that makes a file invalid: the files are not read."""
    files = {"web/b.json": "{}", "a.yaml": spec(), "environments/prod.yaml": "{}", "notes.txt": "", ".x.yaml": ""}
    write(tmp_path / "segment", files)
    (tmp_path / "dag.py").write_text(DAG_FILE)

    before = serialized(tmp_path)
    assert json.dumps(before).count("segment/web/b.json") == 1
    assert str(tmp_path / "segment") not in json.dumps(before)
    write(tmp_path / "segment", {"a.yaml": "broken: ["})
    assert serialized(tmp_path) == before
    write(tmp_path / "segment", {"c.yaml": spec()})
    assert serialized(tmp_path) != before


def test_paths_are_relative_to_the_calling_file_or_absolute(tmp_path: Path) -> None:
    write(tmp_path, {"b/a.yaml": spec()})
    (entry,) = load_destinations(tmp_path)
    assert entry == {"path": str(tmp_path / "b/a.yaml"), "name": "b/a"}
    with pytest.raises(ValueError, match=f"no-such-folder: there is no such folder in {HERE}"):
        load_destinations("no-such-folder")


def test_a_missing_environment_and_an_empty_folder_are_errors(tmp_path: Path) -> None:
    write(tmp_path, {"environments/prod.yaml": "{}"})
    with pytest.raises(ValueError, match=r"unknown environment 'prd'; did you mean 'prod'\?"):
        load_destinations(tmp_path, environment="prd")
    with pytest.raises(ValueError, match="it has no spec files"):
        load_destinations(tmp_path, environment="prod")


def test_links_do_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    """The folder itself may be a link, as git-sync mounts are."""
    write(tmp_path / "real", {"..data/a.yaml": spec()})
    write(tmp_path / "outside", {"b.yaml": spec()})
    (tmp_path / "real" / "a.yaml").symlink_to("..data/a.yaml")
    (tmp_path / "mount").symlink_to("real")
    assert [one["name"] for one in load_destinations(tmp_path / "mount")] == ["a"]

    (tmp_path / "real" / "b.yaml").symlink_to(tmp_path / "outside" / "b.yaml")
    with pytest.raises(ValueError, match=r"^b.yaml: it is a link that points outside the folder$"):
        load_destinations(tmp_path / "mount")


def test_listing_loads_neither_airflow_nor_a_parser() -> None:
    loaded = json.loads(subprocess.check_output([sys.executable, "-c", IMPORT], text=True))
    heavy = {"airflow", "msgspec", "pendulum", "requests", "aiohttp", "yaml"}
    assert heavy & {module.partition(".")[0] for module in loaded} == set()
