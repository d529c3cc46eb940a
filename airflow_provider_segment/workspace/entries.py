"""Reading a list of destinations, whose entries are either descriptions or paths of spec files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from airflow_provider_segment.protocol.workspace.description import DestinationDescription
from airflow_provider_segment.workspace.environment import Environment
from airflow_provider_segment.workspace.folder import WorkspaceFolder, load_files
from airflow_provider_segment.workspace.folder_files import root_of
from airflow_provider_segment.workspace.inline_descriptions import FileEntry
from airflow_provider_segment.workspace.problems import Problem, WorkspaceFilesError
from airflow_provider_segment.workspace.spec_file import repeated_descriptions


def load_entries(entries: Sequence[DestinationDescription | FileEntry], *, base: Path) -> list[WorkspaceFolder]:
    """Load the descriptions in a list of entries, reading the spec files that the entries name.

    :param entries: descriptions and file entries.
    :param base: the folder to which paths are relative.
    :return: the descriptions in the order of the entries, in one folder per run of files with the same environment.
    :raises WorkspaceFilesError: files are invalid; the error lists every problem of every file.
    """
    folders: list[WorkspaceFolder] = []
    problems = list(_missing_files(entries, base))
    for origin, group in groupby(entries, key=lambda one: _origin(one, base)):
        try:
            folders.append(_load(list(group), base, origin))
        except WorkspaceFilesError as error:
            problems.extend(error.problems)
    problems.extend(repeated_descriptions([one for folder in folders for one in folder.descriptions]))
    if problems:
        raise WorkspaceFilesError(problems)
    return folders


def _missing_files(entries: Sequence[DestinationDescription | FileEntry], base: Path) -> Iterator[Problem]:
    for one in entries:
        if isinstance(one, FileEntry) and (base / one.path).is_dir():
            yield Problem(path=one.path, message="it is a folder; list its files, or pass the folder as path instead")
        elif isinstance(one, FileEntry) and not (base / one.path).exists():
            yield Problem(path=one.path, message="there is no such file")


def _origin(one: DestinationDescription | FileEntry, base: Path) -> tuple[Path, str | None] | None:
    """Return the folder and environment of a file entry; ``None`` for a description."""
    return (root_of(base / one.path, listed_as=one.name), one.environment) if isinstance(one, FileEntry) else None


def _load(
    group: Sequence[DestinationDescription | FileEntry], base: Path, origin: tuple[Path, str | None] | None
) -> WorkspaceFolder:
    files = [base / one.path for one in group if isinstance(one, FileEntry) and (base / one.path).is_file()]
    if files and origin is not None:
        root, environment = origin
        return load_files(files, root=root, environment=environment)
    descriptions = tuple(one for one in group if isinstance(one, DestinationDescription))
    return WorkspaceFolder(environment=Environment(), descriptions=descriptions)
