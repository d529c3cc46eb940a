"""Everything a user can name is documented: what is added to the package must be added to its pages."""

from __future__ import annotations

import inspect
import json
import re
from importlib import import_module
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_segment.hooks.calls import SegmentCalls
from airflow_provider_segment.hooks.connection_form import EXTRA_FIELDS
from airflow_provider_segment.protocol.api import metric_names
from airflow_provider_segment.provider_info import PROVIDER_INFO
from airflow_provider_segment.sandbox.control.routes import _HANDLERS
from airflow_provider_segment.sandbox.faults import FIELDS_BY_KIND as KINDS
from tests.docs.blocks import ROOT

DOCS = ROOT / "docs"
EXAMPLES = sorted((ROOT / "example_dags").glob("*.py"))


def page(name: str) -> str:
    return (DOCS / name).read_text()


def modules() -> list[str]:
    """The modules that the provider registers with Airflow."""
    kinds = ("operators", "sensors", "hooks", "triggers")
    listed: list[str] = [
        module for kind in kinds for entry in PROVIDER_INFO[kind] for module in entry["python-modules"]
    ]
    named = [*PROVIDER_INFO["notifications"], *PROVIDER_INFO["extra-links"]]
    return sorted({*listed, *(name.rpartition(".")[0] for name in named)})


def public_classes(module: str) -> list[Any]:
    """The public classes that a module defines."""
    found = [value for _, value in inspect.getmembers(import_module(module), inspect.isclass)]
    return [value for value in found if value.__module__ == module and not value.__name__.startswith("_")]


@pytest.mark.parametrize("module", modules())
def test_every_class_is_in_the_reference(module: str) -> None:
    reference = "".join(file.read_text() for file in (DOCS / "reference").glob("*.md"))
    classes = public_classes(module)
    assert classes
    assert [value.__name__ for value in classes if f".. autoclass:: {module}.{value.__name__}\n" not in reference] == []


def test_every_method_of_the_hooks_is_in_the_reference() -> None:
    (members,) = re.findall(r"SegmentPublicApiHook\n   :members: (.+)\n", page("reference/hooks.md"))
    methods = {name for name in vars(SegmentCalls) if not name.startswith("_")}
    assert methods
    assert methods - set(members.split(", ")) == set()


@pytest.mark.parametrize("module", [module for module in modules() if "operators" in module or "sensors" in module])
def test_every_argument_is_described(module: str) -> None:
    for task in public_classes(module):
        assert issubclass(task, BaseOperator)
        spec = inspect.getdoc(task) or ""
        assert [name for name in task.template_fields if f":param {name}:" not in spec] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.stem)
def test_every_example_has_its_guide(example: Any) -> None:
    shown = f"```{{literalinclude}} ../../example_dags/{example.name}\n"
    assert [guide.name for guide in (DOCS / "guides").glob("*.md") if shown in guide.read_text()]


def test_every_field_of_the_connection_is_explained() -> None:
    assert [name for name in EXTRA_FIELDS if f"(extra `{name}`)" not in page("connection.md")] == []


def test_every_fault_of_the_sandbox_is_explained() -> None:
    assert [kind for kind in KINDS if f"| `{kind}`" not in page("testing.md")] == []


def test_every_metric_is_in_the_table_with_its_meaning_and_formula() -> None:
    rows = [
        f"| `{metric.name}` | {metric.kind} | {metric.meaning} | {metric.formula and f'`{metric.formula}`'} |"
        for metric in metric_names.METRICS
    ]
    assert [row for row in rows if row not in page("waiting.md")] == []


def test_every_control_request_of_the_sandbox_is_explained() -> None:
    rows = [f"| `{method} /_sandbox/{name}` |" for method, name in _HANDLERS]
    assert [row for row in rows if row not in page("reference/sandbox.md")] == []


def test_the_types_of_the_default_seed_are_listed_with_their_actions_and_settings() -> None:
    seed = json.loads((ROOT / "airflow_provider_segment/sandbox/seeds/demo.json").read_text())
    rows = []
    for kind in seed["catalog"]:
        actions = ", ".join(f"`{action['slug']}`" for action in kind.get("actions", [])) or "none"
        required = ", ".join(f"`{option['name']}`" for option in kind["options"] if option["required"])
        others = ", ".join(f"`{option['name']}`" for option in kind["options"] if not option["required"])
        rows.append(f"| `{kind['slug']}` | {actions} | {required} | {others} |")
    assert rows
    assert [row for row in rows if row not in page("reference/sandbox.md")] == []


def shown_classes() -> list[tuple[str, str, str]]:
    """Return page, module and name of each class that the reference shows."""
    pattern = re.compile(r"\.\. autoclass:: ([\w.]+)\.(\w+)\n")
    files = sorted((DOCS / "reference").glob("*.md"))
    return [(file.name, module, name) for file in files for module, name in pattern.findall(file.read_text())]


@pytest.mark.parametrize(("file", "module", "name"), shown_classes(), ids=lambda part: part.rpartition(".")[2])
def test_every_class_has_an_import_line(file: str, module: str, name: str) -> None:
    assert re.search(rf"^from {re.escape(module)} import (.*\b)?{name}\b", page(f"reference/{file}"), re.MULTILINE)


def test_every_metric_is_explained() -> None:
    from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor

    spec = inspect.getdoc(SegmentDeliveryMetricsSensor) or ""
    assert [name for name in metric_names.ALL if f"``{name}``" not in spec] == []
