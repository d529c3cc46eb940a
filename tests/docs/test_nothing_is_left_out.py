"""Whatever a user may name is documented: what is added to the package and not to its pages is noticed here."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_segment.hooks.connection_form import EXTRA_FIELDS
from airflow_provider_segment.protocol.api import metric_names
from airflow_provider_segment.provider_info import PROVIDER_INFO
from airflow_provider_segment.sandbox.faults import FIELDS_BY_KIND as KINDS
from tests.docs.blocks import ROOT

DOCS = ROOT / "docs"
EXAMPLES = sorted((ROOT / "example_dags").glob("*.py"))


def page(name: str) -> str:
    return (DOCS / name).read_text()


def modules() -> list[str]:
    """The modules that the provider tells Airflow of."""
    kinds = ("operators", "sensors", "hooks", "triggers")
    told: list[str] = [module for kind in kinds for entry in PROVIDER_INFO[kind] for module in entry["python-modules"]]
    named = [*PROVIDER_INFO["notifications"], *PROVIDER_INFO["extra-links"]]
    return sorted({*told, *(name.rpartition(".")[0] for name in named)})


def public_classes(module: str) -> list[Any]:
    """The classes that a module defines, and that are not for itself."""
    found = [value for _, value in inspect.getmembers(import_module(module), inspect.isclass)]
    return [value for value in found if value.__module__ == module and not value.__name__.startswith("_")]


@pytest.mark.parametrize("module", modules())
def test_every_class_is_in_the_reference(module: str) -> None:
    reference = "".join(file.read_text() for file in (DOCS / "reference").glob("*.md"))
    classes = public_classes(module)
    assert classes
    assert [value.__name__ for value in classes if f".. autoclass:: {module}.{value.__name__}\n" not in reference] == []


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


def test_every_metric_is_explained() -> None:
    from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor

    spec = inspect.getdoc(SegmentDeliveryMetricsSensor) or ""
    assert [name for name in metric_names.ALL if f"``{name}``" not in spec] == []
