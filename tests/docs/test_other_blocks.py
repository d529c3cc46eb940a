"""Blocks of shell are run, blocks of JSON are used; what can't be run says why, and is counted."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.workspace.document import parse_document
from airflow_provider_segment.workspace.environment import Environment, parse_environment
from airflow_provider_segment.workspace.format import (
    DESTINATION_KEYS,
    ENVIRONMENT_KEYS,
    FILTER_KEYS,
    SUBSCRIPTION_KEYS,
    destination_schema,
    environment_schema,
    format_table,
)
from airflow_provider_segment.workspace.spec_file import parse_spec
from tests.docs.blocks import BLOCKS, PAGES, ROOT, Block, run_blocks

LANGUAGES = {"python", "bash", "json", "text", "yaml"}
INSTALLS = "installs from a package registry"
SERVES = "serves until it is stopped"
NOT_RUN = [
    ("CONTRIBUTING.md", "takes minutes"),
    ("README.md", "takes minutes; it is what the tests are started with"),
    ("README.md", INSTALLS),
    ("docs/at-scale.md", "needs Airflow's database"),
    ("docs/guides/environments.md", "needs two workspaces; tests/workspace/test_plan_and_apply.py does it"),
    ("docs/guides/lineage.md", INSTALLS),
    ("docs/guides/provisioning.md", "needs Airflow's database"),
    (
        "docs/guides/workspace.md",
        "continues the block above with an edited file; tests/cli/test_command_line.py runs it",
    ),
    ("docs/quick-start.md", "takes a minute; tests/dev/demo and tests/ui run both"),
    ("docs/quick-start.md", INSTALLS),
    ("docs/quick-start.md", INSTALLS),
    ("docs/testing.md", INSTALLS),
    ("docs/testing.md", f"{SERVES}; tests/sandbox/test_cli.py runs it"),
]
_CONNECTION = "AIRFLOW_CONN_"
CI_RUN = ROOT / ".ci" / "run"
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"


def test_every_block_is_of_a_language_that_is_checked() -> None:
    assert {block.language for block in BLOCKS} <= LANGUAGES


def test_only_the_listed_blocks_are_not_run() -> None:
    assert [(block.page, block.why_not_run) for block in BLOCKS if block.why_not_run] == NOT_RUN


@pytest.mark.slow
@pytest.mark.parametrize("block", run_blocks("bash"), ids=str)
def test_a_documented_command_succeeds(
    block: Block, documented_segment: SegmentSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in after_running(block, documented_segment, tmp_path).items():
        if name.startswith(_CONNECTION) and os.environ.get(name) != value:
            monkeypatch.setenv(name, value)
            assert SegmentPublicApiHook(segment_conn_id=name.removeprefix(_CONNECTION).lower()).segment_connection


@pytest.mark.parametrize("block", run_blocks("json"), ids=str)
def test_json_is_what_it_looks_like(
    block: Block, segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = json.loads(block.code)
    if "conn_type" in value:
        monkeypatch.setenv("AIRFLOW_CONN_DOCUMENTED", block.code)
        assert SegmentPublicApiHook(segment_conn_id="documented").segment_connection
    elif "destinations" in value:
        segment_sandbox.seed(value)
        assert [one["id"] for one in segment_sandbox.destinations] == [one["id"] for one in value["destinations"]]
    else:
        pytest.fail("what is this JSON for?")


@pytest.mark.parametrize("block", run_blocks("yaml"), ids=str)
def test_yaml_is_a_spec_file_or_an_environment(block: Block) -> None:
    document = parse_document(block.code.encode())
    if "source" in document.value:
        jsonschema.validate(document.value, destination_schema())
        parse_spec(document, path=block.page, environment=Environment(variables={"REGION": "eu"}))
    else:
        jsonschema.validate(document.value, environment_schema())
        assert parse_environment(document, name="prod", path=block.page).secrets


def test_the_spec_format_lists_every_key() -> None:
    """Where it fails: copy the table that `format_table` returns to the page."""
    page = (ROOT / "docs" / "reference" / "spec-format.md").read_text()
    assert [
        keys
        for keys in (DESTINATION_KEYS, SUBSCRIPTION_KEYS, FILTER_KEYS, ENVIRONMENT_KEYS)
        if format_table(keys) not in page
    ] == []


MAKE = re.compile(r"(?:^ *(?:- run: )?|`)make((?: [A-Z]+=\S+)*) ([a-z][a-z-]+)(?= *[`#\n]| [A-Z])", re.MULTILINE)


def make_targets(text: str) -> set[str]:
    """The targets of make that a page, a script or a workflow names."""
    return {match[2] for match in MAKE.finditer(re.sub(r"\$\{\{.*?\}\}", "any", text))}


def test_every_named_make_target_exists() -> None:
    named = make_targets("\n".join(page.read_text() for page in PAGES)) | make_targets(CI_RUN.read_text())
    assert named >= {"demo", "test", "quick", "checks", "docs", "test-matrix"}
    assert named <= set(re.findall(r"^([a-z-]+):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_ci_and_the_workflow_call_the_same_make_targets() -> None:
    called = make_targets(CI_RUN.read_text())
    assert "test" in called
    assert called == make_targets(WORKFLOW.read_text())


def after_running(block: Block, sandbox: SegmentSandbox, home: Path) -> dict[str, str]:
    """Run a block, which must go well, where the sandbox listens.

    :return: the environment at its end.
    """
    address = sandbox.url.removeprefix("http://")
    commands = block.code.replace("127.0.0.1:8642", address)
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(home)}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{commands}\nprintf 'THE END\\0'; env -0"],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    _, _, variables = done.stdout.partition("THE END\0")
    return dict(line.split("=", 1) for line in variables.split("\0") if line)


def test_only_the_page_about_tests_says_how_long_a_target_takes() -> None:
    """Times in several places disagree sooner or later."""
    times = re.compile(r"\b(?:\d+|an?|half an?) (?:seconds|minutes?|hour)\b")
    helps = re.findall(r"^[a-z-]+:.*## (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert len(helps) > 20
    assert [text for text in helps if times.search(text)] == []
    for name in ("README.md", "CONTRIBUTING.md"):
        lines = (ROOT / name).read_text().splitlines()
        assert [line for line in lines if "make " in line and times.search(line)] == []
