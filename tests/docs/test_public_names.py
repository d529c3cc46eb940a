"""The public names: the page about versions lists exactly those that the reference publishes."""

from __future__ import annotations

import re
from importlib import import_module
from types import ModuleType

from airflow_provider_segment.hooks.connection_form import CONN_TYPE, DEFAULT_CONN_ID
from tests.docs.blocks import ROOT

PACKAGE = "airflow_provider_segment"
PRIVATE = (f"{PACKAGE}.protocol", f"{PACKAGE}.transport", f"{PACKAGE}.hooks.calls")
DIRECTIVE = re.compile(r"^\.\. (auto\w+):: (\S+)$", re.MULTILINE)
ROW = re.compile(rf"^\| `({PACKAGE}\.[\w.]+)` \| (.+) \|$", re.MULTILINE)


def listed() -> set[str]:
    """The names that the page about versions calls public."""
    page = (ROOT / "docs" / "versioning.md").read_text()
    return {f"{module}.{name}" for module, names in ROW.findall(page) for name in re.findall(r"`(\w+)`", names)}


def also_public() -> set[str]:
    """Everything else that the page calls public, such as environment variables."""
    _, _, section = (ROOT / "docs" / "versioning.md").read_text().partition("\nAlso public:\n")
    return set(re.findall(r"`(\w+)`", section.partition("\nEverything else ")[0]))


def published() -> set[str]:
    """The names that the reference documents; of whole modules, those in ``__all__``."""
    pages = "\n".join(page.read_text() for page in sorted((ROOT / "docs" / "reference").glob("*.md")))
    names: set[str] = set()
    for directive, name in DIRECTIVE.findall(pages):
        if directive == "automodule":
            names |= {f"{name}.{public}" for public in import_module(name).__all__}
        else:
            names.add(name)
    return names


def test_every_published_name_is_listed_as_public() -> None:
    assert len(published()) > 40
    assert sorted(published() - listed()) == []


def test_every_public_name_is_published_in_the_reference() -> None:
    assert sorted(listed() - published()) == []


def test_every_public_name_can_be_imported() -> None:
    for name in sorted(listed()):
        module_name, _, attribute = name.rpartition(".")
        module = import_module(module_name)
        assert isinstance(module, ModuleType)
        assert hasattr(module, attribute), name


def test_no_private_module_is_published() -> None:
    assert [name for name in sorted(published()) if name.startswith(PRIVATE)] == []


def test_every_environment_variable_is_listed_as_public() -> None:
    sources = "".join(source.read_text() for source in sorted((ROOT / PACKAGE).rglob("*.py")))
    variables = set(re.findall(r'"(SEGMENT_[A-Z_]+)"', sources))
    assert len(variables) > 3
    assert variables - also_public() == set()


def test_the_connection_type_and_its_default_id_are_listed_as_public() -> None:
    assert {CONN_TYPE, DEFAULT_CONN_ID} <= also_public()
