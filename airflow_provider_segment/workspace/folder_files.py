"""Finding the spec files and the environments of a folder, without reading them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from airflow_provider_segment.workspace.problems import Problem, WorkspaceFilesError

ENVIRONMENTS = "environments"
SUFFIXES = (".yaml", ".yml", ".json")
MAX_FILES = 10_000


def root_of(file: Path, *, listed_as: str | None = None) -> Path:
    """Return the folder that a spec file belongs to.

    It is the nearest parent with ``environments/``, or else the folder that ``load_destinations`` listed, or else the
    file's own folder.

    :param file: path of the file.
    :param listed_as: its ``name`` in the list that ``load_destinations`` returns: its path in the folder, without its
        suffix. Any other name is ignored.
    """
    file = file.absolute()
    with_environments = (parent for parent in file.parents if (parent / ENVIRONMENTS).is_dir())
    return next(with_environments, None) or _listed_folder(file, listed_as or "") or file.parent


def _listed_folder(file: Path, name: str) -> Path | None:
    inside = PurePosixPath(name)
    depth = len(inside.parts)
    if not depth or inside.is_absolute() or file.with_suffix("").parts[-depth:] != inside.parts:
        return None
    return file.parents[depth - 1]


def environment_names(root: Path) -> list[str]:
    """Return the names of a folder's environments.

    :param root: the folder.
    """
    folder = root / ENVIRONMENTS
    return sorted({path.stem for path in folder.iterdir() if path.suffix in SUFFIXES}) if folder.is_dir() else []


def spec_paths(root: Path) -> list[str]:
    """Return the paths of a folder's spec files, relative to the folder and sorted.

    :param root: the resolved folder.
    :raises WorkspaceFilesError: there are too many, or a folder in it is a link.
    """
    paths: list[str] = []
    for path in _spec_files(root, root):
        paths.append(path.relative_to(root).as_posix())
        if len(paths) > MAX_FILES:
            raise WorkspaceFilesError([Problem(path=str(root), message=f"it has more than {MAX_FILES} spec files")])
    return sorted(paths)


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
