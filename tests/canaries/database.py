"""The contents of Airflow's database, cell by cell, because SQLite splits long cells in its file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from cryptography.fernet import Fernet

from dev.local_airflow.airflow import LocalAirflow
from dev.secret_search import decrypted, unpacked

_HOLDS_SECRETS = {"connection"}
"""Tables that may hold secrets; Airflow encrypts them, and they are searched encrypted."""


def cells(airflow: LocalAirflow) -> Iterator[tuple[str, bytes]]:
    """Yield the cells, each with its table and column; compressed or encrypted ones also in plain form.

    :param airflow: the Airflow.
    """
    key = Fernet(airflow.home.environment()["AIRFLOW__CORE__FERNET_KEY"])
    for table, column, content in _stored(airflow):
        place = f"{table}.{column}"
        yield place, content
        yield from ((f"{place} unpacked", plain) for plain in unpacked(content))
        if table not in _HOLDS_SECRETS:
            yield from ((f"{place} decrypted", plain) for plain in decrypted(key, content))


def _stored(airflow: LocalAirflow) -> Iterator[tuple[str, str, bytes]]:
    with closing(sqlite3.connect(airflow.home.folder / "airflow.db", timeout=30)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        database.text_factory = bytes
        for table in tables:
            rows = database.execute(f'SELECT * FROM "{table}"')
            columns = [str(description[0]) for description in rows.description]
            for column, content in (pair for row in rows for pair in zip(columns, row, strict=True)):
                if isinstance(content, bytes):
                    yield table, column, content
