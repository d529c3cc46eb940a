"""Imports point one way, also those inside functions and those for type checkers only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from graphlib import TopologicalSorter

from tests.docs.blocks import ROOT
from tests.imports import import_graph

PAGE = (ROOT / "docs" / "architecture.md").read_text()
ROW = re.compile(r"^\| `(\w+)/` \|.*\| (.*) \|$", re.MULTILINE)
ENTRY_POINTS = {"__main__.py", "provider_info.py"}
SANDBOX = (
    ("__main__", "app", "cli", "pytest_plugin", "server", "testing"),
    ("control",),
    ("api",),
    ("core", "fault_injection"),
    ("state",),
    ("filters",),
)
"""The layers of the sandbox, from top to bottom. Below them are its other modules, which import none of these."""


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def packages() -> dict[str, set[str]]:
    """Return each package of the architecture page's table, with its imports."""
    return {name: set(re.findall(r"`(\w+)/`", imports)) for name, imports in ROW.findall(PAGE.partition("\n## ")[0])}


def protocol_layers() -> Sequence[tuple[str]]:
    """Return the folders of the protocol, from top to bottom, as the architecture page lists them."""
    return [(name,) for name in re.findall(r"^\| `(\w+)/` \|", section("Inside `protocol/`"), re.MULTILINE)]


def imports_between_parts() -> dict[str, set[str]]:
    """Return what each package, and each module outside the packages, imports of the others."""
    found: dict[str, set[str]] = {}
    for module, imports in import_graph().items():
        found.setdefault(part(module), set()).update(set(map(part, imports)) - {part(module)})
    return found


def part(module: str) -> str:
    return module.partition(".")[0] if "." in module else f"{module}.py"


def upward_imports(package: str, layers: Sequence[Iterable[str]]) -> list[str]:
    """Return the imports inside a package from one of its layers to a higher one.

    :param package: the package.
    :param layers: its folders and modules, from top to bottom; below them are the modules that it leaves out.
    """
    height = {name: -position for position, names in enumerate(layers) for name in names}

    def layer(module: str) -> int:
        return height.get(module.removeprefix(f"{package}.").partition(".")[0], -len(layers))

    graph = {module: imports for module, imports in import_graph().items() if module.startswith(f"{package}.")}
    assert {module.split(".")[1] for module in graph if module.count(".") > 1} <= height.keys()
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


def test_each_package_imports_what_the_table_says() -> None:
    found = {name: imports for name, imports in imports_between_parts().items() if not name.endswith(".py")}
    assert {name: imports & found.keys() for name, imports in found.items()} == packages()


def test_each_package_of_the_table_imports_only_those_below_it() -> None:
    names = list(packages())
    assert [name for place, name in enumerate(names) if packages()[name] - set(names[place:])] == []


def test_the_modules_outside_the_packages_are_listed_and_import_only_the_protocol_and_each_other() -> None:
    found = {name: imports for name, imports in imports_between_parts().items() if name.endswith(".py")}
    assert found.keys() == set(re.findall(r"`(\w+\.py)`", section("Modules outside the packages")))
    allowed = {"protocol", *found}
    assert {name for name, imports in found.items() if imports - allowed} == ENTRY_POINTS


def test_the_picture_shows_the_packages_that_it_does_not_leave_out() -> None:
    (omitted,) = re.findall(r"The picture leaves out (.*)\. All", PAGE)
    shown = set(re.findall(r">(\w+)</text>", (ROOT / "docs" / "images" / "layers.svg").read_text()))
    assert packages().keys() - shown == set(re.findall(r"`(\w+)/`", omitted))
    assert {name for (name,) in protocol_layers()} <= shown
