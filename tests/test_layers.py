"""Imports point one way, also those inside functions and those for type checkers only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from graphlib import TopologicalSorter

from tests.docs.blocks import ROOT
from tests.imports import import_graph

SANDBOX = (
    ("__main__", "app", "cli", "pytest_plugin", "server", "testing"),
    ("control",),
    ("api",),
    ("core", "fault_injection"),
    ("state",),
    ("filters",),
)
"""The layers of the sandbox, from top to bottom. Below them are its other modules, which import none of these."""


def protocol_layers() -> Sequence[tuple[str]]:
    """Return the folders of the protocol, from top to bottom, as the architecture page lists them."""
    _, _, section = (ROOT / "docs" / "architecture.md").read_text().partition("\n## Inside `protocol/`\n")
    table, _, _ = section.partition("\n## ")
    return [(name,) for name in re.findall(r"^\| `(\w+)/` \|", table, re.MULTILINE)]


def upward_imports(package: str, layers: Sequence[Iterable[str]]) -> list[str]:
    """Return the imports inside a package from one of its layers to a higher one.

    :param package: the package.
    :param layers: its folders and modules, from top to bottom; those that no layer names are below all of them.
    """
    height = {name: -position for position, names in enumerate(layers) for name in names}

    def layer(module: str) -> int:
        return height.get(module.removeprefix(f"{package}.").partition(".")[0], -len(layers))

    graph = {module: imports for module, imports in import_graph().items() if module.startswith(f"{package}.")}
    assert {module.split(".")[1] for module in graph} > height.keys()
    return sorted(
        f"{module} imports {imported}"
        for module, imports in graph.items()
        for imported in imports
        if imported.startswith(f"{package}.") and layer(imported) > layer(module)
    )


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert len(list(TopologicalSorter(import_graph()).static_order())) > 100


def test_each_folder_of_the_protocol_imports_only_from_those_below_it() -> None:
    assert len(protocol_layers()) == 6
    assert upward_imports("protocol", protocol_layers()) == []


def test_each_layer_of_the_sandbox_imports_only_from_those_below_it() -> None:
    assert upward_imports("sandbox", SANDBOX) == []
