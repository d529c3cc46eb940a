"""A folder of spec files: what it means, and every problem in it at once, with file and line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from airflow_provider_segment.protocol.provisioning.filter_spec import FilterCheck
from airflow_provider_segment.protocol.workspace.description import FilterDescription, SecretAlias, supply_secrets
from airflow_provider_segment.secrets import SecretRef
from airflow_provider_segment.workspace.folder import WorkspaceFolder, load_folder
from airflow_provider_segment.workspace.format import destination_schema, environment_schema, schema_file
from airflow_provider_segment.workspace.problems import WorkspaceFilesError
from airflow_provider_segment.workspace.variables import escape_key, escape_value, unescape_key
from airflow_provider_segment.workspace.writer import write_yaml
from tests.workspace.spec_files import spec, write

SPEC = """\
source: my-website
type: actions-google-analytics-4
name: Analytics
enabled: true
settings:
  apiSecret: {$secret: analytics}
  region: ${REGION}
  path: a/${REGION}/${COUNT}
  literal: $${REGION}
  $$secret: a key of this name
  count: ${COUNT}
subscriptions:
  - name: Orders
    action: trackEvent
    trigger: type = "track" and event = "Order Completed"
    settings:
      value: {'@path': $.properties.total}
  - id: abc
    action: identify
    removed: true
"""
ENVIRONMENT = """\
connection: segment_prod
workspace_id: w1
variables: {REGION: eu, COUNT: 3}
secrets:
  analytics: {connection: partner, field: extra.key}
"""


def problems(folder: Path, environment: str | None = None) -> list[str]:
    with pytest.raises(WorkspaceFilesError) as raised:
        load_folder(folder, environment=environment)
    return [str(problem) for problem in raised.value.problems]


def load(folder: Path, environment: str | None = None) -> WorkspaceFolder:
    return load_folder(folder, environment=environment)


def test_a_file_with_its_environment_is_a_description(tmp_path: Path) -> None:
    folder = load(write(tmp_path, {"a.yaml": SPEC, "environments/prod.yaml": ENVIRONMENT}), "prod")

    (description,) = folder.descriptions
    assert (description.source, description.type) == ("my-website", "actions-google-analytics-4")
    assert (description.name, description.enabled, description.removed) == ("Analytics", True, False)
    assert description.settings == {
        "apiSecret": SecretAlias("analytics"),
        "region": "eu",
        "path": "a/eu/3",
        "literal": "${REGION}",
        "$secret": "a key of this name",
        "count": 3,
    }
    orders, removed = description.subscriptions or ()
    assert (orders.action, orders.trigger) == ("trackEvent", 'type = "track" and event = "Order Completed"')
    assert (removed.id, removed.removed, removed.name) == ("abc", True, None)
    environment = folder.environment
    assert (environment.connection, environment.workspace_id) == ("segment_prod", "w1")
    assert environment.secret("analytics") == SecretRef("partner", "extra.key")
    assert environment.secret("other") == SecretRef("other")
    assert folder.warnings == ()


def test_json_means_the_same_as_yaml(tmp_path: Path) -> None:
    value = {"source": "s", "type": "t", "name": "n", "settings": {"a": [1, None, {"b": "${"[:1]}]}}
    write(tmp_path, {"x/a.yaml": write_yaml(value)})
    write(tmp_path, {"y/a.json": json.dumps(value, indent="\t")})

    (one,), (other,) = load(tmp_path / "x").descriptions, load(tmp_path / "y").descriptions
    assert one.settings == other.settings == value["settings"]


def test_every_problem_of_every_file_is_reported_with_file_line_and_nearest_key(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a.yaml": "source: s\ntype: t\nname: n\nsetings: {}\nenabled: maybe\n"
            "subscriptions:\n- name: x\n  trigger: 5\n",
            "b/b.yaml": "source: s\ntype: t\nsettings:\n  key: ${REGOIN}\n  other: ${\n",
            "c.json": '{\n"source": 1}',
            "d.yaml": "a: [",
            "e.yaml": "- x\n",
            "f.yaml": 'source: s\ntype: t\nname: {$secret: x}\nsettings:\n  k: "••••••••••abcd"\n',
            "g.yaml": "source: s\ntype: t\nname: n\nsettings: {k: {$secret: x, more: 1}}\n",
            "environments/prod.yaml": "variables: {REGION: eu}\n",
        },
    )
    assert problems(tmp_path, "prod") == [
        "a.yaml:4: setings: unknown key 'setings'; did you mean 'settings'?",
        "a.yaml:5: enabled is 'maybe'; it must be True or False",
        "a.yaml:7: subscriptions[0]: 'action' is missing",
        "a.yaml:8: subscriptions[0].trigger is 5; it must be a non-empty string",
        "b/b.yaml:4: settings.key: unknown variable 'REGOIN'; did you mean 'REGION'?",
        "b/b.yaml:5: settings.other: '${' does not start a variable; write ${NAME}, or $${ for a literal ${",
        "c.json:1: 'name' is missing; it is required unless the entry has 'id'",
        "c.json:1: 'type' is missing",
        "c.json:2: source is 1; it must be an id of 1 to 255 characters",
        "d.yaml:2: the file is not valid YAML: did not find expected node content",
        "e.yaml:1: it must be an object with the keys source, type, name, enabled, settings, subscriptions,"
        " filters, id, previous_name, removed",
        "f.yaml:3: name is a secret reference; secret references are allowed only in settings",
        "f.yaml:4: settings['k'] contains a bullet (•), so it is a masked secret; write {$secret: <alias>}",
        "g.yaml:4: settings.k: '$secret' must be the only key of a reference; for a literal key, write '$$secret'",
    ]


def test_two_files_with_one_identity_are_a_problem(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": spec(), "b.yaml": spec(), "c.yaml": spec(id="1"), "d.yaml": spec(id="1", name=None)})
    assert problems(tmp_path) == [
        "b.yaml: a.yaml describes the same destination",
        "d.yaml: c.yaml describes the same destination",
    ]


FILTERS = """\
filters:
  - title: Block ${WHAT}
    condition: type = "identify"
    actions: [{type: DROP_PROPERTIES, fields: {context.traits: [email]}}, {type: sample, percent: 0.5}]
    enabled: false
    description: ""
    previous_title: Old
    checks:
      - payload: {type: identify}
        result: null
  - id: f1
  - title: Gone
    removed: true
"""


def test_a_file_describes_filters(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": spec() + FILTERS, "environments/e.yaml": "variables: {WHAT: email}"})

    (description,) = load(tmp_path, "e").descriptions

    assert description.filters == (
        FilterDescription(
            title="Block email",
            condition='type = "identify"',
            actions=[
                {"type": "DROP_PROPERTIES", "fields": {"context.traits": ["email"]}},
                {"type": "SAMPLE", "percent": 0.5},
            ],
            enabled=False,
            description="",
            previous_title="Old",
            checks=(FilterCheck(payload={"type": "identify"}, result=None),),
        ),
        FilterDescription(id="f1"),
        FilterDescription(title="Gone", removed=True),
    )


def test_every_problem_of_filters_is_reported(tmp_path: Path) -> None:
    text = """\
filters:
  - title: A
    condition: all
    actions: [{type: DORP}]
  - condition: all
    actions: [{type: SAMPLE, percent: 2}]
  - title: C
    conditon: all
    actions: {$secret: x}
  - {id: f1, checks: [{payload: {}}]}
  - {id: f1, title: ""}
  - x
"""
    write(tmp_path, {"a.yaml": "source: s\ntype: t\nname: n\n" + text, "b.yaml": spec(filters="x")})

    assert problems(tmp_path) == [
        "a.yaml:7: filters[0].actions[0]['type'] is 'DORP'; it must be one of 'DROP', 'SAMPLE', 'DROP_PROPERTIES',"
        " 'ALLOW_PROPERTIES'",
        "a.yaml:8: filters[1]: 'title' is missing; it is required unless the entry has 'id'",
        "a.yaml:9: filters[1].actions[0]['percent'] is 2; it must be a number from 0 to 1, such as 0.25 for a quarter",
        "a.yaml:10: filters[2]: 'condition' is missing; it is required unless the entry has 'id' or 'removed'",
        "a.yaml:11: filters[2].conditon: unknown key 'conditon'; did you mean 'condition'?",
        "a.yaml:12: filters[2].actions is a secret reference; secret references are allowed only in settings",
        "a.yaml:13: filters[3].checks[0]: 'result' is missing; pass the expected event, or None for a dropped event",
        "a.yaml:14: filters[4].id: duplicate id 'f1'; describe each object only once",
        "a.yaml:14: filters[4].title is empty; it must be a non-empty string",
        "a.yaml:15: filters[5]: it must be an object with the keys title, condition, actions, enabled, description,"
        " checks, id, previous_title, removed",
        "b.yaml:4: filters is of type str; it must be a list",
    ]


def test_an_id_is_not_repeated(tmp_path: Path) -> None:
    entries = [{"id": "1", "action": "a"}, {"id": "1", "action": "b"}]
    write(tmp_path, {"a.yaml": spec(subscriptions=entries)})
    (problem,) = problems(tmp_path)
    assert problem.endswith("subscriptions[1].id: duplicate id '1'; describe each object only once")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("conection: x", "prod.yaml:1: conection: unknown key 'conection'; did you mean 'connection'?"),
        ("connection: 5", "prod.yaml:1: connection: it must be a non-empty string"),
        ("variables: [x]", "prod.yaml:1: variables: it must be an object"),
        (
            "variables:\n  a-b: 1",
            "prod.yaml:2: variables.a-b: a variable name may contain only letters, digits and _, and must not start"
            " with a digit",
        ),
        ("variables:\n  a: [1]", "prod.yaml:2: variables.a: it must be a string, a number or a boolean"),
        ("secrets: {a: 1}", "prod.yaml:1: secrets.a: it must be the id of a connection, or an object with"),
        ("secrets: {a: {connection: c, feld: x}}", "prod.yaml:1: secrets.a: unknown key 'feld'; did you mean 'field'?"),
        ("secrets: {a: {connection: c, field: x}}", "prod.yaml:1: secrets.a: field is 'x'; it must be one of"),
        ("- x", "prod.yaml: it must be an object with the keys connection, workspace_id, variables, secrets"),
    ],
)
def test_a_broken_environment_is_a_problem(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, {"a.yaml": spec(), "environments/prod.yaml": text})
    (problem,) = problems(tmp_path, "prod")
    assert problem.startswith(f"environments/{message}")


def test_an_unknown_environment_is_a_problem_with_a_suggestion(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": spec(), "environments/prod.yaml": "connection: x"})
    assert problems(tmp_path, "prd") == ["environments: unknown environment 'prd'; did you mean 'prod'?"]
    assert problems(tmp_path, "../a") == ["environments: unknown environment '../a'; known: prod"]


def test_an_unused_variable_is_a_warning(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": spec(), "environments/prod.yaml": "variables: {UNUSED: 1}"})
    assert load(tmp_path, "prod").warnings == ("environment 'prod': no file uses the variable 'UNUSED'",)


def test_links_do_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", {"a.yaml": spec()})
    inside = write(tmp_path / "inside", {"b.yaml": spec(name="B")})
    (inside / "a.yaml").symlink_to(outside / "a.yaml")
    assert problems(inside) == ["a.yaml: it is a link that points outside the folder"]

    (inside / "a.yaml").unlink()
    (inside / "linked").symlink_to(outside)
    assert problems(inside) == ["linked: it is a link to a folder; links to folders are not followed"]


def test_the_folder_may_be_a_link_and_hold_links_that_stay_inside(tmp_path: Path) -> None:
    """As git-sync and Kubernetes mount files."""
    write(tmp_path / "real", {"..data/a.yaml": spec(), ".git/b.yaml": "broken: ["})
    (tmp_path / "real" / "a.yaml").symlink_to("..data/a.yaml")
    (tmp_path / "mount").symlink_to("real")

    assert [file.path for file in load(tmp_path / "mount").files] == ["a.yaml"]


def test_one_file_alone_is_loaded_with_its_environment(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": SPEC, "broken.yaml": "[", "environments/prod.yaml": ENVIRONMENT})
    folder = load(tmp_path / "a.yaml", "prod")
    assert [file.path for file in folder.files] == ["a.yaml"]
    assert folder.warnings == ()


def test_what_is_not_a_regular_file_is_an_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    assert problems(tmp_path) == ["a.yaml: it is not a regular file"]
    assert problems(tmp_path / "missing") == [f"{tmp_path / 'missing'}: there is no such folder or file"]


def test_secrets_are_supplied_or_left_out(tmp_path: Path) -> None:
    settings = {
        "known": {"$secret": "a"},
        "nested": {"list": [{"$secret": "a"}]},
        "unknown": [{"$secret": "b"}],
        "x": 1,
    }
    write(tmp_path, {"a.yaml": spec(settings=settings)})
    (description,) = load(tmp_path).descriptions

    supplied = supply_secrets(description, {"a": "value"}.get)

    assert description.aliases == {"a", "b"}
    assert supplied.settings == {"known": "value", "nested": {"list": ["value"]}, "x": 1}
    assert list(supplied.unsupplied_secrets()) == [("settings['unknown']", "b")]
    assert "value" not in repr(supplied)


@pytest.mark.parametrize("key", ["$secret", "$$secret", "$$$secret", "secret", "$other", "${X}"])
def test_keys_that_look_like_references_are_escaped(key: str, tmp_path: Path) -> None:
    assert unescape_key(escape_key(key)) == key
    value = {key: ["${A}", "$${A}", "$$${", "$", "${"], "x": {key: "$x"}}
    write(tmp_path, {"a.yaml": spec(settings=escape_value(value))})
    (description,) = load(tmp_path).descriptions
    assert description.settings == value


@pytest.mark.parametrize(
    ("name", "schema"), [("destination", destination_schema()), ("environment", environment_schema())]
)
def test_the_shipped_schemas_are_up_to_date(name: str, schema: dict[str, Any]) -> None:
    """Write them again with: python -m airflow_provider_segment schema NAME > FILE."""
    assert json.loads(schema_file(name).read_text()) == schema


def test_the_schemas_accept_what_is_valid_and_reject_what_is_not() -> None:
    destination = jsonschema.Draft202012Validator(destination_schema())
    jsonschema.Draft202012Validator.check_schema(destination_schema())
    jsonschema.Draft202012Validator.check_schema(environment_schema())
    valid = {"source": "s", "type": "t", "name": "n", "subscriptions": [{"name": "x", "action": "a", "trigger": "t"}]}
    assert destination.is_valid(valid)
    block = {"title": "B", "condition": "all", "actions": [{"type": "SAMPLE", "percent": 0.5}]}
    assert destination.is_valid({**valid, "filters": [block, {"id": "f1"}]})
    assert not destination.is_valid({**valid, "filters": [{**block, "actions": [{"type": "DORP"}]}]})
    assert not destination.is_valid({**valid, "filters": [{"condition": "all"}]})
    invalid: list[dict[str, Any]] = [{"setings": {}}, {"name": None}, {"enabled": "yes"}, {"subscriptions": [{}]}]
    for changes in invalid:
        assert not destination.is_valid({**valid, **changes})
    environment = jsonschema.Draft202012Validator(environment_schema())
    assert environment.is_valid({"connection": "c", "variables": {"A": 1}, "secrets": {"a": {"connection": "c"}}})
    assert not environment.is_valid({"secrets": {"a": {"connection": "c", "field": "x"}}})
