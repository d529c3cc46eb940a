"""Airflow's REST API, as far as a test wants it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import requests

from dev.local_airflow.errors import LocalAirflowError

_TIMEOUT_SECONDS = 60


class RestApi:
    """Asks the API server; everybody is an admin there.

    :param url: base URL of the API server.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy between us and this machine

    def close(self) -> None:
        """Close its connections."""
        self._session.close()

    def get(self, *path: str, **query: Any) -> dict[str, Any]:
        """Read; the path is below ``/api/v2``, each part of it is quoted here."""
        return self._ask("GET", path, query=query)

    def post(self, *path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Make something."""
        return self._ask("POST", path, body=body)

    def patch(self, *path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Change something."""
        return self._ask("PATCH", path, body=body)

    def read(self, path: str, **query: Any) -> requests.Response:
        """Read anything below the base URL, whatever the answer.

        :param path: quoted, with a slash in front.
        """
        self._log_in()
        return self._session.get(self._url + path, params=query, timeout=_TIMEOUT_SECONDS)

    def _ask(
        self, method: str, path: tuple[str, ...], *, query: Any = None, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        self._log_in()
        url = "/".join([f"{self._url}/api/v2", *(quote(part, safe="") for part in path)])
        response = self._session.request(
            method, url, params=query, json=body, headers={"Accept": "application/json"}, timeout=_TIMEOUT_SECONDS
        )
        if not response.ok:
            raise LocalAirflowError(f"{method} {url} returned {response.status_code}: {response.text[:1000]}")
        decoded: dict[str, Any] = response.json()
        return decoded

    def _log_in(self) -> None:
        if "Authorization" in self._session.headers:
            return
        response = self._session.get(f"{self._url}/auth/token", timeout=_TIMEOUT_SECONDS)
        response.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {response.json()['access_token']}"
