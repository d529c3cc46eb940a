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
from airflow_provider_segment.workspace.entries import load_entries
from airflow_provider_segment.workspace.folder import load_folder
from airflow_provider_segment.workspace.inline_descriptions import check_descriptions
from tests.workspace.spec_files import spec, write

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


def test_a_listed_file_is_read_as_part_of_the_folder_it_was_listed_from(tmp_path: Path) -> None:
    """Without ``environments/`` too: messages contain its path in the folder, and links inside the folder are read."""
    write(tmp_path / "segment", {"crm/a.yaml": spec(), "web/a.yaml": spec(name="Web"), "..data/b.yaml": spec(name="B")})
    (tmp_path / "segment" / "web" / "b.yaml").symlink_to("../..data/b.yaml")
    (tmp_path / "mount").symlink_to("segment")
    entries = load_destinations(tmp_path / "mount")

    listed = check_descriptions("destinations", entries)
    together = [one.path for folder in load_entries(listed, base=tmp_path) for one in folder.descriptions]
    assert together == ["crm/a.yaml", "web/a.yaml", "web/b.yaml"]
    alone = [load_folder(entry["path"], listed_as=entry["name"]) for entry in entries]
    assert [one.path for folder in alone for one in folder.descriptions] == together


def test_a_link_out_of_the_folder_is_refused_when_a_listed_file_is_read(tmp_path: Path) -> None:
    write(tmp_path, {"segment/web/a.yaml": spec(), "outside/a.yaml": spec()})
    (entry,) = load_destinations(tmp_path / "segment")
    file = Path(entry["path"])
    file.unlink()
    file.symlink_to("../../outside/a.yaml")
    with pytest.raises(ValueError, match=r"^web/a.yaml: it is a link that points outside the folder$"):
        load_folder(file, listed_as=entry["name"])


@pytest.mark.parametrize("name", ["Ads", "a", "eb/a", "/", ".", "x/y/z/web/a", "//a", "", "../a"])
def test_another_name_is_a_label_and_does_not_change_the_folder(tmp_path: Path, name: str) -> None:
    write(tmp_path, {"web/a.yaml": spec()})
    (description,) = load_folder(tmp_path / "web" / "a.yaml", listed_as=name).descriptions
    assert description.path == "a.yaml"


def test_the_environments_of_a_folder_above_are_found_whatever_the_name(tmp_path: Path) -> None:
    write(tmp_path, {"web/a.yaml": spec(), "environments/prod.yaml": "{}"})
    (description,) = load_folder(tmp_path / "web" / "a.yaml", environment="prod", listed_as="a").descriptions
    assert description.path == "web/a.yaml"
