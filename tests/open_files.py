"""Who has files open: a process of Airflow always has its log."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psutil


def processes_writing_into(folder: Path) -> list[psutil.Process]:
    """The processes that have a file of a folder open."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if any(Path(file.path).is_relative_to(folder) for file in process.open_files()):
                found.append(process)
    return found
