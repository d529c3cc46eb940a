"""A workspace as its API shows it, and the destinations that a probe creates there and removes again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

PREFIX = "airflow-provider-segment probe"
"""Beginning of the names of the destinations that a probe creates."""

_PUBLIC_STATUS = "PUBLIC"


class WrongWorkspaceError(Exception):
    """The token belongs to another workspace than the one that was named."""


@dataclass(frozen=True)
class Token:
    """An API token that the traceback of a failed test does not show.

    :param value: the token.
    """

    value: str = field(repr=False)


@dataclass
class Workspace:
    """Sends requests as they are, without retries.

    :param url: base URL of the API.
    :param token: API token.
    """

    url: str
    token: Token
    created: list[str] = field(default_factory=list)

    def send(self, method: str, path: str, body: Any = None, *, token: Token | None = None, **query: Any) -> Any:
        """Send a request and return the response.

        :param token: another token than the workspace's.
        """
        try:
            return requests.request(
                method,
                self.url + path,
                json=body,
                params=query,
                headers={"Authorization": f"Bearer {(token or self.token).value}"},
                timeout=60,
            )
        except requests.RequestException as error:
            failure = type(error).__name__
        # Outside the handler: a traceback would show the library's frames, whose arguments include the headers.
        raise AssertionError(f"{method} {path}: {failure}")

    def data(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Send a request that must succeed and return its ``data``."""
        response = self.send(method, path, body, **query)
        if response.status_code >= 300:
            raise AssertionError(f"{method} {path} returned {response.status_code}: {response.text[:500]}")
        return response.json()["data"]

    def pages(self, path: str, key: str, *, limit: int = 10) -> Iterator[Any]:
        """Return the objects of a list, from at most ``limit`` pages."""
        query: dict[str, Any] = {"pagination[count]": "200"}
        for _ in range(limit):
            data = self.data("GET", path, **query)
            yield from data[key]
            cursor = data["pagination"].get("next")
            if cursor is None:
                return
            query["pagination[cursor]"] = cursor

    def try_create(self, body: dict[str, Any]) -> Any:
        """Send a create, remember what it created, and return the response."""
        response = self.send("POST", "/destinations", body)
        if response.status_code < 300:
            self.created.append(response.json()["data"]["destination"]["id"])
        return response

    def create(self, body: dict[str, Any]) -> Any:
        """Create a destination and return it."""
        response = self.try_create(body)
        if response.status_code >= 300:
            raise AssertionError(f"POST /destinations returned {response.status_code}: {response.text[:500]}")
        return response.json()["data"]["destination"]

    def remove_created(self) -> list[str]:
        """Delete what was created; return the ids that are left."""
        self.created = [
            one for one in self.created if self.send("DELETE", f"/destinations/{one}").status_code not in (200, 404)
        ]
        return self.created


@contextmanager
def opened(*, url: str, token: Token, slug: str) -> Iterator[Workspace]:
    """Open a workspace, and remove at the end whatever was created in it.

    :param slug: of the workspace that the token must belong to; nothing is written in any other.
    :raises WrongWorkspaceError: the token belongs to another one.
    """
    workspace = Workspace(url=url, token=token)
    found = workspace.data("GET", "/")["workspace"]["slug"]
    if found != slug:
        raise WrongWorkspaceError(f"the token belongs to workspace {found!r}, not to {slug!r}; nothing was written")
    try:
        yield workspace
    finally:
        left = workspace.remove_created()
        if left:
            raise AssertionError(f"delete these destinations by hand: {', '.join(left)}")


def unique_name() -> str:
    """Return a name that no other destination has."""
    return f"{PREFIX} {uuid.uuid4()}"


def free_text_options(entry: dict[str, Any]) -> list[str]:
    """Return the options of a type that take any string."""
    return [option["name"] for option in entry["options"] if option["type"] == "string"]


def is_suitable(entry: dict[str, Any]) -> bool:
    """Return whether a probe can use a type: several instances per source, and two options that take any string."""
    return (
        entry["status"] == _PUBLIC_STATUS
        and entry["supportedFeatures"].get("cloudModeInstances") == "MULTIPLE"
        and len(free_text_options(entry)) >= 2
        and not any(option["type"] == "password" and option["required"] for option in entry["options"])
    )
