"""Finding PostgreSQL and Redis on this machine; as a program, exits with 1 and says what is missing.

It needs no environment: ``.ci/install-services`` runs it before there is one.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

DEBIAN = Path("/usr/lib/postgresql")
"""Debian and Ubuntu install the server's programs here, by version, and not in the PATH."""

_POSTGRESQL = ("initdb", "postgres", "pg_dump")
_INSTALL = "apt-get install redis-server postgresql"


class MissingProgramError(Exception):
    """A program is not installed; the message says how to install it."""


@dataclass(frozen=True, kw_only=True)
class Programs:
    """The programs of the two services.

    :param postgresql: the folder with PostgreSQL's programs.
    :param redis_server: the Redis server.
    """

    postgresql: Path
    redis_server: Path


def find_programs(*, path: str | None = None, debian: Path | None = None) -> Programs:
    """Return the programs; of several versions of PostgreSQL, the newest.

    :param path: folders separated by colons; by default the PATH.
    :param debian: the folder with PostgreSQL's versions; by default Debian's.
    :raises MissingProgramError: one of them is not installed.
    """
    postgresql = _first_complete([*_debian_folders(debian or DEBIAN), *_folder_in_path(path)])
    redis_server = shutil.which("redis-server", path=path)
    if postgresql is None or redis_server is None:
        missing = [name for name, found in {"PostgreSQL": postgresql, "Redis": redis_server}.items() if found is None]
        raise MissingProgramError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed. On Debian and Ubuntu, run:"
            f" {_INSTALL}"
        )
    return Programs(postgresql=postgresql, redis_server=Path(redis_server))


def _first_complete(folders: Iterable[Path]) -> Path | None:
    complete = (folder for folder in folders if all((folder / name).is_file() for name in _POSTGRESQL))
    return next(complete, None)


def _debian_folders(root: Path) -> Sequence[Path]:
    versions = [folder for folder in root.glob("*/bin") if folder.parent.name.isdigit()]
    return sorted(versions, key=lambda folder: int(folder.parent.name), reverse=True)


def _folder_in_path(path: str | None) -> Sequence[Path]:
    found = shutil.which("initdb", path=path)
    return [] if found is None else [Path(found).resolve().parent, Path(found).parent]


def main() -> int:
    """Print what is missing, if anything, and return the exit status."""
    try:
        find_programs()
    except MissingProgramError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
