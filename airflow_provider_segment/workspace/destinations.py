"""Listing the spec files of a folder while a DAG file is parsed, without reading them."""

from __future__ import annotations

import sys
from pathlib import Path

from airflow_provider_segment.workspace.folder_files import environment_names, spec_paths
from airflow_provider_segment.workspace.problems import Problem, WorkspaceFilesError, unknown_name


def load_destinations(folder: str | Path, *, environment: str | None = None) -> list[dict[str, str]]:
    """Return one entry for each spec file of a folder, for ``SegmentApplyDestinationOperator.expand_kwargs``.

    The files are listed, not read: each task reads its file when it runs. So parsing stays fast, and editing a file
    does not change the DAG, but adding or deleting one does.

    :param folder: relative to the file that calls this function, which must be the DAG file; or absolute. It may be a
        link; links inside it must not point outside it.
    :param environment: name of a file in the folder's ``environments/``, without its suffix.
    :return: dicts with ``path`` (relative to the DAG file, unless ``folder`` is absolute), ``environment`` if it is
        set, and ``name`` (the file's path in the folder without its suffix), ordered by path. From ``name``, the task
        derives the path in the folder, which log lines and results contain.
    :raises ValueError: the folder or the environment does not exist, or the folder has no spec files, or contains a
        link that points outside it.
    """
    base = Path(sys._getframe(1).f_code.co_filename).parent  # noqa: SLF001 - as Airflow finds a DAG's file
    root = base / folder
    if not root.is_dir():
        raise WorkspaceFilesError([Problem(path=str(folder), message=f"there is no such folder in {base}")])
    names = environment_names(root)
    if environment is not None and environment not in names:
        message = unknown_name("environment", environment, names)
        raise WorkspaceFilesError([Problem(path=str(folder), message=message)])
    resolved = root.resolve()
    paths = spec_paths(resolved)
    if not paths:
        raise WorkspaceFilesError([Problem(path=str(folder), message="it has no spec files")])
    if outside := [path for path in paths if not (resolved / path).resolve().is_relative_to(resolved)]:
        message = "it is a link that points outside the folder"
        raise WorkspaceFilesError([Problem(path=path, message=message) for path in outside])
    chosen = {} if environment is None else {"environment": environment}
    return [{"path": (Path(folder) / path).as_posix(), **chosen, "name": path.rpartition(".")[0]} for path in paths]
