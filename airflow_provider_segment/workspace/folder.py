"""The folder of a workspace: its spec files and its environments.

Every ``.yaml``, ``.yml`` and ``.json`` file in a folder of spec files describes one destination, except those in
``environments/``. Names that begin with a dot are ignored. The folder itself may be a symbolic link, as git-sync mounts
are; links inside it must not point outside it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from airflow_provider_segment.protocol.workspace.description import DestinationDescription
from airflow_provider_segment.workspace.document import MAX_BYTES, Document, DocumentError, parse_document
from airflow_provider_segment.workspace.environment import Environment, parse_environment
from airflow_provider_segment.workspace.folder_files import (
    ENVIRONMENTS,
    SUFFIXES,
    environment_names,
    root_of,
    spec_paths,
)
from airflow_provider_segment.workspace.problems import Problem, WorkspaceFilesError, unknown_name
from airflow_provider_segment.workspace.spec_file import parse_spec, repeated_descriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecFile:
    """A spec file with its parsed document and its description.

    :param path: the path relative to the folder, with slashes.
    :param document: its content.
    :param description: what it describes.
    """

    path: str
    document: Document = field(repr=False)
    description: DestinationDescription


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceFolder:
    """The spec files of a folder, and the environment chosen for them.

    :param environment: the environment that was chosen.
    :param descriptions: the descriptions in its spec files, in the order of their paths.
    :param files: the spec files.
    :param warnings: possible mistakes.
    """

    environment: Environment
    descriptions: tuple[DestinationDescription, ...] = ()
    files: tuple[SpecFile, ...] = ()
    warnings: tuple[str, ...] = ()


def load_folder(folder: Path | str, *, environment: str | None = None, listed_as: str | None = None) -> WorkspaceFolder:
    """Read and check a folder, or one spec file.

    :param folder: the folder, or a file in it; then only this file is read.
    :param environment: name of a file in ``environments/``, without its suffix; ``None`` for no variables.
    :param listed_as: the name of the file as in ``root_of``.
    :raises WorkspaceFilesError: files are invalid; the error lists every problem of every file.
    """
    root, paths = _root_and_files(Path(folder), listed_as)
    loaded = _load(root, paths, environment)
    if not Path(folder).is_dir():
        return replace(loaded, warnings=())  # other files may use the variables
    return loaded


def load_files(files: Sequence[Path], *, root: Path, environment: str | None = None) -> WorkspaceFolder:
    """Read and check some of the spec files of a folder.

    :param files: the files.
    :param root: their folder, as ``root_of`` returns it.
    :param environment: name of a file in ``environments/``, without its suffix; ``None`` for no variables.
    :raises WorkspaceFilesError: files are invalid; the error lists every problem of every file.
    """
    paths = [file.absolute().relative_to(root).as_posix() for file in files]
    return replace(_load(root.resolve(), paths, environment), warnings=())


def _load(root: Path, paths: Sequence[str], environment: str | None) -> WorkspaceFolder:
    problems: list[Problem] = []
    chosen = load_environment(root, environment)
    used: set[str] = set()
    files: list[SpecFile] = []
    for path in paths:
        try:
            document = _read(root, path)
            description = parse_spec(document, path=path, environment=chosen, used=used)
            files.append(SpecFile(path=path, document=document, description=description))
        except WorkspaceFilesError as error:
            problems.extend(error.problems)
    problems.extend(repeated_descriptions([file.description for file in files]))
    if problems:
        raise WorkspaceFilesError(problems)
    unused = sorted(set(chosen.variables) - used)
    warnings = [f"environment {chosen.name!r}: no file uses the variable {name!r}" for name in unused]
    return WorkspaceFolder(
        environment=chosen,
        descriptions=tuple(file.description for file in files),
        files=tuple(files),
        warnings=tuple(warnings),
    )


def _root_and_files(folder: Path, listed_as: str | None) -> tuple[Path, list[str]]:
    if folder.is_file():
        root = root_of(folder, listed_as=listed_as)
        return root.resolve(), [folder.absolute().relative_to(root).as_posix()]
    if not folder.is_dir():
        raise WorkspaceFilesError([Problem(path=str(folder), message="there is no such folder or file")])
    root = folder.resolve()
    return root, spec_paths(root)


def load_environment(root: Path, name: str | None) -> Environment:
    """Read one of a folder's environments.

    :param root: the folder.
    :param name: name of the environment; ``None`` for one without variables and secrets.
    :raises WorkspaceFilesError: it does not exist, or is invalid.
    """
    if name is None:
        return Environment()
    names = environment_names(root)
    if name not in names:
        message = unknown_name("environment", name, names)
        raise WorkspaceFilesError([Problem(path=ENVIRONMENTS, message=message)])
    found = [
        f"{ENVIRONMENTS}/{name}{suffix}" for suffix in SUFFIXES if (root / ENVIRONMENTS / f"{name}{suffix}").exists()
    ]
    if len(found) > 1:
        raise WorkspaceFilesError([Problem(path=found[1], message=f"{found[0]} has the same name; delete one of them")])
    return parse_environment(_read(root, found[0]), name=name, path=found[0])


def _read(root: Path, path: str) -> Document:
    try:
        return parse_document(_content(root, path), json=path.endswith(".json"))
    except DocumentError as error:
        raise WorkspaceFilesError([Problem(path=path, line=error.line, message=str(error))]) from None
    except OSError as error:
        message = f"it can't be read: {error.strerror}"
        raise WorkspaceFilesError([Problem(path=path, message=message)]) from None


def _content(root: Path, path: str) -> bytes:
    resolved = (root / path).resolve()
    if not resolved.is_relative_to(root):
        raise DocumentError("it is a link that points outside the folder")
    # Opening a named pipe would block until its other end is opened.
    with os.fdopen(os.open(resolved, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise DocumentError("it is not a regular file")
        return file.read(MAX_BYTES + 1)
