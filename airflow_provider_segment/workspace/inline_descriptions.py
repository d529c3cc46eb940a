"""Lists of descriptions in a DAG file: each entry is a description or names a spec file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from airflow_provider_segment.protocol.arguments import check_list, check_name, check_settings
from airflow_provider_segment.protocol.workspace.description import DestinationDescription
from airflow_provider_segment.workspace.problems import Problem, WorkspaceFilesError, unknown_name
from airflow_provider_segment.workspace.spec_file import parse_description, repeated_descriptions


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A reference to a spec file, parsed from a dict like those that ``load_destinations`` returns.

    :param path: the file, relative to the DAG file, or absolute.
    :param environment: name of the environment.
    :param name: the file's path in the listed folder, without its suffix.
    """

    path: str
    environment: str | None = None
    name: str | None = None


def check_descriptions(argument: str, value: Any) -> tuple[DestinationDescription | FileEntry, ...]:
    """Parse a list of descriptions and file entries; the files are not read.

    :param argument: the argument's name.
    :param value: dicts with the keys of a spec file, or with ``path``, ``environment`` and ``name``; or the same as a
        JSON array in a string.
    :raises ValueError: the message lists every problem.
    """
    problems: list[Problem] = []
    entries: list[DestinationDescription | FileEntry] = []
    for number, entry in enumerate(check_list(argument, value)):
        label = f"{argument}[{number}]"
        try:
            entries.append(_checked(label, check_settings(label, entry)))
        except WorkspaceFilesError as error:
            problems.extend(error.problems)
        except ValueError as error:
            problems.append(Problem(path=label, message=str(error).removeprefix(f"{label} ")))
    problems.extend(repeated_descriptions([one for one in entries if isinstance(one, DestinationDescription)]))
    if problems:
        raise WorkspaceFilesError(problems)
    return tuple(entries)


_FILE_KEYS = ("path", "environment", "name")


def _checked(label: str, entry: dict[str, Any]) -> DestinationDescription | FileEntry:
    if "path" not in entry:
        return parse_description(entry, path=label)
    for key in entry:
        if key not in _FILE_KEYS:
            raise ValueError(unknown_name("key", key, _FILE_KEYS))
    values = {key: check_name(key, value) for key, value in entry.items() if value is not None or key == "path"}
    return FileEntry(values["path"], values.get("environment"), values.get("name"))
