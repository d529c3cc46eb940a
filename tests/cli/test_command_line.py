"""The command line, against the sandbox: with a token, with Airflow's connections, and with mistakes.

A process imports Airflow, which takes seconds, so most commands run in the process of the test.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_segment.cli.main import main
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.workspace.drawn_workspaces import seed
from tests.workspace.spec_files import existing

SECRET = "key-0123456789-dada"
CONNECTION = "AIRFLOW_CONN_SEGMENT_PUBLIC_API_DEFAULT"


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class CommandLine:
    """Runs the command in a folder of its own, with a home of Airflow without a database."""

    sandbox: SegmentSandbox
    home: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    @property
    def root(self) -> Path:
        return self.home / "segment"

    @property
    def file(self) -> Path:
        return self.root / "my-website/actions-cloud/existing-0.yaml"

    def variables(self, changes: dict[str, str | None]) -> dict[str, str | None]:
        return {
            "SEGMENT_TOKEN": self.sandbox.token,
            "SEGMENT_URL": self.sandbox.url,
            CONNECTION: None,
            **changes,
        }

    def run(self, *arguments: str, **changes: str | None) -> Done:
        """Run a command in this process."""
        with self.monkeypatch.context() as patch:
            patch.chdir(self.home)
            patch.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")  # the command sets it; afterwards it is as before
            for name, value in self.variables(changes).items():
                patch.delenv(name, raising=False) if value is None else patch.setenv(name, value)
            self.capsys.readouterr()
            try:
                status = main(arguments)
            except SystemExit as stop:
                status = int(str(stop.code))
        captured = self.capsys.readouterr()
        return self.done(status, captured.out, captured.err)

    def process(self, *arguments: str, **changes: str | None) -> Done:
        """Run a command in a process of its own, with a home of Airflow without a database."""
        variables = {
            **os.environ,
            "AIRFLOW_HOME": str(self.home / "airflow"),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.home}/airflow.db",
            **self.variables(changes),
        }
        done = subprocess.run(
            [sys.executable, "-m", "airflow_provider_segment", *arguments],
            cwd=self.home,
            env={name: value for name, value in variables.items() if value is not None},
            capture_output=True,
            text=True,
            check=False,
        )
        return self.done(done.returncode, done.stdout, done.stderr)

    def done(self, status: int, out: str, err: str) -> Done:
        assert SECRET not in out + err
        assert "Traceback" not in err, err
        return Done(status, out, err)

    def edit(self, old: str, new: str) -> None:
        text = self.file.read_text()
        assert old in text
        self.file.write_text(text.replace(old, new))

    def writes(self) -> list[tuple[str, str]]:
        return [(one["method"], one["path"]) for one in self.sandbox.requests if one["method"] != "GET"]


@pytest.fixture
def command(
    segment_sandbox: SegmentSandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> CommandLine:
    segment_sandbox.seed(seed([existing(0), existing(1)]))
    return CommandLine(segment_sandbox, tmp_path, monkeypatch, capsys)


def test_imported_files_can_be_planned_edited_and_applied(command: CommandLine) -> None:
    imported = command.process("import", "segment", "--source", "my-website")
    assert imported.status == 0
    assert "2 files created" in imported.out
    assert "segment_my_website_existing_0_apikey: my-website/Existing 0: settings['apiKey']" in imported.out
    assert not (command.home / "airflow.db").exists()

    assert command.run("validate", "segment").out.endswith("2 files are valid\n")
    planned = command.run("plan", "segment")
    assert (planned.status, planned.out.splitlines()[-1]) == (0, "no differences: 2 destinations are as described")
    assert "2 secrets were not supplied" in planned.out
    drift = command.run("drift", "segment")
    assert (drift.status, "2 secrets were not supplied" in drift.out) == (0, True)

    command.edit('trigger: type = "track"', "trigger: type = 'page'")
    planned = command.process("plan", "segment")
    assert planned.status == 2
    assert planned.out.splitlines()[:3] == [
        "~ change  Existing 0 (my-website/actions-cloud/existing-0.yaml)",
        "    ~ change subscription Track (s0)",
        """          trigger is 'type = "track"', expected "type = 'page'\"""",
    ]
    markdown = command.run("plan", "segment", "--markdown")
    assert markdown.status == 2
    assert (
        "| change | Existing 0 (my-website/actions-cloud/existing-0.yaml) | change subscription Track" in markdown.out
    )
    drift = command.run("drift", "segment", "--json")
    assert drift.status == 2
    assert [one["path"] for one in drift.json["destinations"]] == ["my-website/actions-cloud/existing-0.yaml"]

    command.edit("settings:\n", "settings:\n  apikey: x\n")
    applied = command.run("apply", "segment")
    assert applied.status == 0
    assert "2 secrets were not supplied" in applied.out
    assert "warning: the type has no setting 'apikey'; did you mean 'apiKey'?" in applied.out
    command.edit("  apikey: x\n", "")
    assert applied.out.endswith("1 changed; 1 unchanged\n")
    assert "1 of 1: destination 'Existing 0'" in applied.err
    assert command.writes() == [("PATCH", "/destinations/d0/subscriptions/s0")]
    assert command.run("plan", "segment").status == 0
    again = command.run("import", "segment", "--json")
    assert (again.json["created"], again.json["changed"], again.json["unchanged"]) == ([], [], 2)


def test_filters_are_imported_planned_and_applied(command: CommandLine) -> None:
    block = {"id": "f0", "title": "Block", "if": "all", "actions": [{"type": "DROP"}], "enabled": True}
    command.sandbox.seed(seed([existing(0, filters=[block])]))
    assert command.run("import", "segment", "--no-filters").status == 0
    assert "filters" not in command.file.read_text()
    command.file.unlink()
    assert command.run("import", "segment").status == 0
    assert command.run("plan", "segment").status == 0

    command.edit("condition: all", "condition: type = 'page'")
    command.file.write_text(command.file.read_text() + "  - {title: New, condition: all, actions: [{type: DROP}]}\n")
    planned = command.run("plan", "segment")
    assert planned.status == 2
    assert planned.out.splitlines()[:7] == [
        "~ change  Existing 0 (my-website/actions-cloud/existing-0.yaml)",
        "    + create filter New",
        "          condition: 'all'",
        '          actions: [{"type": "DROP"}]',
        "          enabled: true",
        "    ~ change filter Block (f0)",
        """          condition is 'all', expected "type = 'page'\"""",
    ]
    assert "<br>change filter Block (f0): condition is 'all', " in command.run("plan", "segment", "--markdown").out
    report = command.run("plan", "segment", "--json").json["destinations"][0]["filters"]
    assert [(one["title"], one["id"], one["result"]) for one in report] == [
        ("New", None, "created"),
        ("Block", "f0", "changed"),
    ]
    assert command.run("apply", "segment").status == 0
    assert command.run("drift", "segment").status == 0


def test_settings_beside_a_secret_that_is_not_supplied_are_planned_but_not_applied(command: CommandLine) -> None:
    command.run("import", "segment")
    command.edit("settings:\n", "settings:\n  region: eu\n")
    needs = "settings['apiKey'] needs the secret 'segment_my_website_existing_0_apikey', which is not supplied"

    for check in ("plan", "drift"):
        shown = command.run(check, "segment")
        assert (shown.status, "settings['region'] differs" in shown.out, needs in shown.out) == (2, True, True)
    applied = command.run("apply", "segment")

    assert applied.status == 1
    assert "! failed  my-website/actions-cloud/existing-0.yaml: settings['region'] differs, and" in applied.out
    assert command.writes() == []


def test_a_secret_comes_from_a_connection_and_is_never_shown(command: CommandLine) -> None:
    command.run("import", "segment")
    connection = {"AIRFLOW_CONN_SEGMENT_MY_WEBSITE_EXISTING_0_APIKEY": json.dumps({"password": "other-" + SECRET[:-1]})}

    planned = command.run("plan", "segment", "--json", **connection)

    assert planned.status == 2
    assert [one["alias"] for one in planned.json["unsupplied_secrets"]] == ["segment_my_website_existing_1_apikey"]
    changed = next(one for one in planned.json["destinations"] if one["result"] == "changed")
    assert changed["changes"] == [{"field": "settings['apiKey']", "before": "", "after": ""}]
    assert command.run("apply", "segment", **connection).status == 0
    assert command.writes() == [("PATCH", "/destinations/d0")]


def test_an_airflow_connection_of_the_shells_environment_is_used(command: CommandLine) -> None:
    uri = command.sandbox.conn_uri
    without_token: dict[str, str | None] = {"SEGMENT_TOKEN": None, "SEGMENT_URL": None}

    assert command.run("import", "segment", **without_token, **{CONNECTION: uri}).status == 0
    (command.root / "environments").mkdir()
    (command.root / "environments/prod.yaml").write_text("connection: segment_prod\n")
    planned = command.run("plan", "segment", "-e", "prod", **without_token, AIRFLOW_CONN_SEGMENT_PROD=uri)
    assert planned.status == 0
    other = command.run("plan", "segment", "--connection", "other", AIRFLOW_CONN_OTHER=uri, SEGMENT_TOKEN="wrong")
    assert other.status == 0

    missing = command.run("plan", "segment", "-e", "prod", **without_token)
    assert missing.status == 1
    assert "the Airflow connection 'segment_prod' can't be read" in missing.err


def test_an_airflow_connection_of_airflows_database_is_used(command: CommandLine) -> None:
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(command.home / "airflow"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{command.home}/airflow.db",
    }
    environment.pop(CONNECTION, None)
    for arguments in (["db", "migrate"], ["connections", "add", "stored", "--conn-uri", command.sandbox.conn_uri]):
        subprocess.run([sys.executable, "-m", "airflow", *arguments], env=environment, check=True, capture_output=True)

    done = command.process("import", "segment", "--connection", "stored", SEGMENT_TOKEN=None, SEGMENT_URL=None)

    assert (done.status, "2 files created" in done.out) == (0, True), done.err


def test_every_mistake_has_exit_status_1(command: CommandLine) -> None:
    assert command.run("import", "segment").status == 0
    wrong_token = command.process("plan", "segment", SEGMENT_TOKEN="wrong")
    assert wrong_token.status == 1
    assert (
        f"returned 401: Unauthorized. Check SEGMENT_TOKEN for {command.sandbox.url.removeprefix('http://')}: the token"
        " may be wrong or lack a permission, or its workspace may be in the other region; set SEGMENT_REGION to us or"
        " eu"
    ) in wrong_token.err
    wrong_region = command.run("plan", "segment", SEGMENT_URL=None, SEGMENT_REGION="mars")
    assert wrong_region.err == "airflow-segment: error: SEGMENT_REGION: 'mars' is not one of 'us', 'eu'\n"
    wrong_url = command.run("plan", "segment", SEGMENT_URL="ftp://127.0.0.1")
    assert wrong_url.err == "airflow-segment: error: SEGMENT_URL: its scheme is 'ftp'; it must be https\n"
    unknown = command.run("plan", "segment", "-e", "prod")
    assert (unknown.status, "unknown environment 'prod'" in unknown.err) == (1, True)
    for usage in (["plon"], ["plan"], ["plan", "segment", "--max-prune", "x"], []):
        done = command.run(*usage)
        assert (done.status, done.err.startswith("usage: ")) == (1, True)
    command.edit("source: my-website", "source: my-websit")
    command.edit("enabled: true\nsettings", "enabeld: true\nsettings")
    invalid = command.run("validate", "segment", "--json")
    assert invalid.status == 1
    (problem,) = invalid.json["problems"]
    assert problem == {
        "path": "my-website/actions-cloud/existing-0.yaml",
        "line": 4,
        "message": "enabeld: unknown key 'enabeld'; did you mean 'enabled'?",
    }
    command.edit("enabeld: true", "enabled: true")
    unplanned = command.run("plan", "segment")
    assert unplanned.status == 1
    assert "there is no source with the slug or id 'my-websit'; did you mean 'my-website'" in unplanned.out
    applied = command.run("apply", "segment")
    assert applied.status == 1
    assert command.writes() == []


def test_names_do_not_control_the_terminal(command: CommandLine) -> None:
    command.sandbox.seed(seed([existing(0, name="A\x1b[2JB\u202e")]))

    imported = command.run("import", "segment")
    planned = command.run("apply", "segment")
    command.sandbox.seed(seed([existing(0, name="A\x1b[2JB\u202e", enabled=False)]))
    differs = command.run("plan", "segment")

    assert (imported.status, planned.status, differs.status) == (0, 0, 2)
    printed = imported.out + planned.out + differs.out + planned.err + differs.err
    assert "\x1b" not in printed
    assert "\u202e" not in printed


def test_the_help_names_every_variable(command: CommandLine) -> None:
    shown = command.run("--help")

    assert shown.status == 0
    assert [name for name in ("SEGMENT_TOKEN", "SEGMENT_REGION", "SEGMENT_URL") if name not in shown.out] == []


def test_numbers_agree_with_their_nouns(command: CommandLine) -> None:
    command.sandbox.seed(seed([existing(0)]))

    assert "1 file created, 0 changed" in command.run("import", "segment").out
    assert command.run("validate", "segment").out.endswith("\n1 file is valid\n")
    planned = command.run("plan", "segment").out
    assert "1 secret was not supplied, so it was not compared: segment_my_website_existing_0_apikey\n" in planned
    assert planned.endswith("no differences: 1 destination is as described\n")

    command.sandbox.seed(seed([existing(0, enabled=False), existing(1)]))
    planned = command.run("plan", "segment").out
    assert (
        "\n1 other destination of the described sources has no description and is left alone: Existing 1 (" in planned
    )
    assert planned.endswith("1 to change; 0 of 1 destination is as described\n")
    assert command.run("drift", "segment").out.endswith("\n1 destination differs, 0 are as described\n")


def test_a_long_list_of_undescribed_destinations_is_cut_off_except_as_json(command: CommandLine) -> None:
    command.sandbox.seed(seed([existing(0)]))
    assert command.run("import", "segment").status == 0
    command.sandbox.seed(seed([existing(number) for number in range(26)]))

    shown = command.run("plan", "segment").out
    assert (
        "25 other destinations of the described sources have no description and are left alone: Existing 1 (" in shown
    )
    assert ", Existing 20 (my-website, actions-cloud) and 5 more\n" in shown
    assert len(command.run("plan", "segment", "--json").json["undescribed"]) == 25


def test_the_schema_is_printed(command: CommandLine) -> None:
    assert json.loads(command.run("schema").out)["required"] == ["source", "type"]
    assert "variables" in json.loads(command.run("schema", "environment").out)["properties"]


def test_the_console_script_is_declared() -> None:
    from importlib.metadata import entry_points

    (script,) = [one for one in entry_points(group="console_scripts") if one.name == "airflow-segment"]
    assert script.load().__name__ == "run"
