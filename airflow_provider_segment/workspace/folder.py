"""The folder of a workspace: its spec files and its environments.

Every ``.yaml``, ``.yml`` and ``.json`` file below the folder describes one destination, except those in
``environments/``. Names that begin with a dot are ignored. The folder itself may be a symbolic link, as git-sync mounts
are; links inside it may not lead out of it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from airflow_provider_segment.protocol.workspace.description import DestinationDescription
from airflow_provider_segment.workspace.document import MAX_BYTES, Document, DocumentError, parse_document
from airflow_provider_segment.workspace.environment import Environment, parse_environment
from airflow_provider_segment.workspace.problems import Problem, WorkspaceFilesError, unknown_name
from airflow_provider_segment.workspace.spec_file import parse_spec

ENVIRONMENTS = "environments"
SUFFIXES = (".yaml", ".yml", ".json")
MAX_FILES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecFile:
    """A spec file and what it describes.

    :param path: the path relative to the folder, with slashes.
    :param document: its content.
    :param description: what it describes.
    """

    path: str
    document: Document = field(repr=False)
    description: DestinationDescription


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceFolder:
    """The content of a folder.

    :param environment: the environment that was chosen.
    :param files: the spec files, in the order of their paths.
    :param warnings: possible mistakes.
    """

    environment: Environment
    files: tuple[SpecFile, ...]
    warnings: tuple[str, ...] = ()

    @property
    def descriptions(self) -> tuple[DestinationDescription, ...]:
        """The descriptions of all files."""
        return tuple(file.description for file in self.files)


def load_folder(folder: Path | str, *, environment: str | None = None) -> WorkspaceFolder:
    """Read and check a folder, or one spec file.

    :param folder: the folder, or a file directly in it, which is then read alone.
    :param environment: name of a file in ``environments/``, without its suffix; ``None`` for no variables.
    :raises WorkspaceFilesError: files are invalid; the error lists every problem of every file.
    """
    root, paths = _root_and_files(Path(folder))
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
    problems.extend(_repeated(files))
    if problems:
        raise WorkspaceFilesError(problems)
    unused = sorted(set(chosen.variables) - used) if Path(folder).is_dir() else []
    warnings = [f"environment {chosen.name!r}: no file uses the variable {name!r}" for name in unused]
    return WorkspaceFolder(environment=chosen, files=tuple(files), warnings=tuple(warnings))


def environment_names(root: Path) -> list[str]:
    """Return the names of the environments of a folder.

    :param root: the folder.
    """
    folder = root / ENVIRONMENTS
    return sorted({path.stem for path in folder.iterdir() if path.suffix in SUFFIXES}) if folder.is_dir() else []


def spec_paths(root: Path) -> list[str]:
    """Return the paths of the spec files of a folder, relative to it, in a fixed order.

    :param root: the folder, with links resolved.
    :raises WorkspaceFilesError: there are too many, or a folder in it is a link.
    """
    paths: list[str] = []
    for path in _spec_files(root, root):
        paths.append(path.relative_to(root).as_posix())
        if len(paths) > MAX_FILES:
            raise WorkspaceFilesError([Problem(path=str(root), message=f"it has more than {MAX_FILES} spec files")])
    return sorted(paths)


def _root_and_files(folder: Path) -> tuple[Path, list[str]]:
    if folder.is_file():
        return folder.parent.resolve(), [folder.name]
    if not folder.is_dir():
        raise WorkspaceFilesError([Problem(path=str(folder), message="there is no such folder or file")])
    root = folder.resolve()
    return root, spec_paths(root)


def _spec_files(root: Path, folder: Path) -> Iterator[Path]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name.startswith(".") or (folder == root and entry.name == ENVIRONMENTS):
            continue
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from _spec_files(root, path)
        elif path.suffix in SUFFIXES:
            yield path
        elif entry.is_dir():
            message = "it is a link to a folder; links to folders are not followed"
            raise WorkspaceFilesError([Problem(path=path.relative_to(root).as_posix(), message=message)])


def load_environment(root: Path, name: str | None) -> Environment:
    """Read an environment of a folder.

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
        raise WorkspaceFilesError([Problem(path=found[1], message=f"{found[0]} is the same environment")])
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
        raise DocumentError("it is a link that leads out of the folder")
    # Opening a named pipe would block until its other end is opened.
    with os.fdopen(os.open(resolved, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise DocumentError("it is not a regular file")
        return file.read(MAX_BYTES + 1)


def _repeated(files: Sequence[SpecFile]) -> Iterator[Problem]:
    """Yield a problem for each file that describes the same destination as another one."""
    seen: dict[tuple[str, ...], str] = {}
    for file in files:
        one = file.description
        identity = (one.id,) if one.id is not None else (one.source, one.type, one.name or "")
        if identity in seen:
            yield Problem(path=file.path, message=f"{seen[identity]} describes the same destination")
        seen.setdefault(identity, file.path)
