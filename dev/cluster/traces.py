"""The search for secrets in everything that the cluster stores: dumps of the database, the broker's file, and logs."""

from __future__ import annotations

import json
from pathlib import Path

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from dev.cluster.services import Database
from dev.secret_search import Search, hidden_values

_DATA = "postgresql/data"
"""The database's own files, which the dumps show in a readable form."""

_KINDS = {"dumps": "dumps of the database", "redis": "files of the broker"}


class Traces:
    """What the cluster stores.

    :param folder: the folder of the whole cluster.
    :param database: the database, which is dumped several times because rows come and go.
    :param fernet_key: the key with which Airflow encrypts some of its rows.
    """

    def __init__(self, *, folder: Path, database: Database, fernet_key: str) -> None:
        self._folder = folder
        self._database = database
        self._fernet_key = fernet_key
        self._dumps = folder / "dumps"
        self._dumps.mkdir()

    def dump(self, name: str) -> None:
        """Dump the database as it is now.

        :param name: name of the dump.
        """
        self._database.dump(self._dumps / f"{name}.sql")

    def search(self, search: Search, sandbox: SegmentSandbox) -> None:
        """Search the dumps, all files except those of the database, and the sandbox's journal."""
        for file in self._files():
            name, content = str(file.relative_to(self._folder)), file.read_bytes()
            search.search(_KINDS.get(name.partition("/")[0], "logs and other files"), name, content)
            for hidden in hidden_values(content, fernet_key=self._fernet_key):
                search.search("encoded or encrypted values in them", name, hidden)
        for entry in sandbox.requests:
            search.search("requests in the journal", entry["path"], json.dumps(entry).encode())

    def task_logs(self) -> str:
        """Return the logs of all tasks."""
        logs = sorted((self._folder / "airflow" / "logs").rglob("*.log"))
        return "\n".join(file.read_text(errors="replace") for file in logs if file.is_file())

    def _files(self) -> list[Path]:
        data = self._folder / _DATA
        return [file for file in sorted(self._folder.rglob("*")) if file.is_file() and data not in file.parents]
