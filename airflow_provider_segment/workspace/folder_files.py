"""Finding the spec files and the environments of a folder, without reading them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from airflow_provider_segment.workspace.problems import Problem, WorkspaceFilesError

ENVIRONMENTS = "environments"
SUFFIXES = (".yaml", ".yml", ".json")
MAX_FILES = 10_000


def root_of(file: Path) -> Path:
    """Return the folder that a spec file belongs to: its nearest parent with ``environments/``, or else its own folder.

    :param file: path of the file.
    """
    parents = list(file.absolute().parents)
    return next((parent for parent in parents if (parent / ENVIRONMENTS).is_dir()), parents[0])


def environment_names(root: Path) -> list[str]:
    """Return the names of a folder's environments.

    :param root: the folder.
    """
    folder = root / ENVIRONMENTS
    return sorted({path.stem for path in folder.iterdir() if path.suffix in SUFFIXES}) if folder.is_dir() else []


def spec_paths(root: Path) -> list[str]:
    """Return the paths of the spec files of a folder, relative to it, in a fixed order.

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
