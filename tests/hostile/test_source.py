"""The package runs no code from data and starts no other program."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import airflow_provider_segment

PACKAGE = Path(airflow_provider_segment.__file__).parent

CODE_OR_PROGRAMS = {
    "cloudpickle",
    "code",
    "codeop",
    "commands",
    "ctypes",
    "dill",
    "imp",
    "joblib",
    "jsonpickle",
    "marshal",
    "multiprocessing",
    "pickle",
    "pty",
    "ruamel",
    "runpy",
    "shelve",
    "subprocess",
    "xml",
    "yaml",
}
READS_EVENTS = Path("workspace/document.py"), Path("workspace/writer.py")
"""The only modules that import a YAML library: one reads its parse events, one writes with the safe dumper."""
ALLOWED_OF_YAML = {
    "AliasEvent",
    "CSafeLoader",
    "MappingEndEvent",
    "MappingStartEvent",
    "SafeDumper",
    "SafeLoader",
    "ScalarEvent",
    "SequenceEndEvent",
    "SequenceStartEvent",
    "StreamEndEvent",
    "YAMLError",
    "dump",
}
BUILT_IN = {"__import__", "breakpoint", "compile", "eval", "exec"}
METHODS = {
    "os": {"exec", "fork", "popen", "posix_spawn", "spawn", "startfile", "system"},
    "asyncio": {"create_subprocess_exec", "create_subprocess_shell"},
}
LOADED_BY_NAME = {("importlib", "import_module"), ("importlib", "__import__")}


def forbidden(tree: ast.AST) -> Iterator[str]:
    """Yield the names in a module that could run code or a program."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names if name.name.partition(".")[0] in CODE_OR_PROGRAMS)
            case ast.ImportFrom(module=str(module), names=names):
                if module.partition(".")[0] in CODE_OR_PROGRAMS:
                    yield module
                yield from (name.name for name in names if (module, name.name) in LOADED_BY_NAME)
                if module in METHODS:
                    yield from (name.name for name in names if _starts(name.name, METHODS[module]))
            case ast.Name(id=name) if name in BUILT_IN:
                yield name
            case ast.Attribute(value=ast.Name(id=module), attr=name):
                if _starts(name, METHODS.get(module, set())) or (module, name) in LOADED_BY_NAME:
                    yield f"{module}.{name}"
            case ast.Call(func=function, keywords=keywords) if any(word.arg == "shell" for word in keywords):
                yield f"{ast.unparse(function)}(shell=)"


def _starts(name: str, beginnings: set[str]) -> bool:
    return any(name.startswith(beginning) for beginning in beginnings)


def test_no_module_runs_code_or_programs() -> None:
    modules = sorted(PACKAGE.rglob("*.py"))
    assert {"requests_driver.py", "apply.py", "app.py"} <= {path.name for path in modules}
    found = {path.relative_to(PACKAGE): list(forbidden(ast.parse(path.read_text()))) for path in modules}
    allowed = {module: ["yaml"] for module in READS_EVENTS}
    assert {path: names for path, names in found.items() if names} == allowed


@pytest.mark.parametrize("module", READS_EVENTS, ids=str)
def test_yaml_is_only_parsed_into_events_and_written_by_the_safe_dumper(module: Path) -> None:
    names = {
        node.attr
        for node in ast.walk(ast.parse((PACKAGE / module).read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "yaml"
    }
    assert names
    assert names - ALLOWED_OF_YAML == set()


@pytest.mark.parametrize(
    "line",
    [
        "import yaml",
        "import pickle as p",
        "from yaml import safe_load",
        "from ruamel.yaml import YAML",
        "import xml.etree.ElementTree",
        "eval('1')",
        "run = exec",
        "__import__('yaml')",
        "importlib.import_module('yaml')",
        "from importlib import import_module",
        "os.system('ls')",
        "os.execvp('ls', [])",
        "from os import popen",
        "subprocess.run('ls')\nimport subprocess",
        "run('ls', shell=True)",
        "asyncio.create_subprocess_shell('ls')",
    ],
)
def test_running_code_would_be_noticed(line: str) -> None:
    assert list(forbidden(ast.parse(line)))
