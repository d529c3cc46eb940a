"""Environments: where the spec files are applied, and the values of their variables and secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_segment.secrets import SecretRef
from airflow_provider_segment.workspace.document import Document
from airflow_provider_segment.workspace.format import ENVIRONMENT_KEYS, VARIABLE_NAME
from airflow_provider_segment.workspace.problems import Problem, WorkspaceFilesError, unknown_name
from airflow_provider_segment.workspace.variables import path_label


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """An environment: the connection to use, variables, and references to secrets.

    :param name: its name; empty if none is used.
    :param connection: id of the Airflow connection to Segment; ``None`` for the default.
    :param workspace_id: id of the workspace that the token must belong to; ``None`` for any.
    :param variables: values by name.
    :param secrets: references by alias.
    """

    name: str = ""
    connection: str | None = None
    workspace_id: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, SecretRef] = field(default_factory=dict)

    def secret(self, alias: str) -> SecretRef:
        """Return an alias's connection and field; by default, the password of the connection whose id is the alias.

        :param alias: the alias in ``{$secret: alias}``.
        """
        return self.secrets.get(alias) or SecretRef(alias)


def parse_environment(document: Document, *, name: str, path: str) -> Environment:
    """Parse an environment file.

    :param document: the file's content.
    :param name: name of the environment.
    :param path: the file, for messages.
    :raises WorkspaceFilesError: it is invalid; the error lists every problem.
    """
    value = document.value
    if not isinstance(value, Mapping):
        raise WorkspaceFilesError(
            [Problem(path=path, message=f"it must be an object with the keys {', '.join(_NAMES)}")]
        )
    reader = _Reader(document, path)
    reader.check_names(value)
    variables = reader.variables(value)
    secrets = reader.secrets(value)
    if reader.problems:
        raise WorkspaceFilesError(reader.problems)
    return Environment(
        name=name,
        connection=value.get("connection"),
        workspace_id=value.get("workspace_id"),
        variables=variables,
        secrets=secrets,
    )


_NAMES = [key.name for key in ENVIRONMENT_KEYS]


class _Reader:
    """A checker that collects all problems with the values of an environment."""

    def __init__(self, document: Document, path: str) -> None:
        self._document = document
        self._path = path
        self.problems: list[Problem] = []

    def check_names(self, value: Mapping[str, Any]) -> None:
        for key in value:
            if key not in _NAMES:
                self._report((key,), unknown_name("key", key, _NAMES))
        for key in ("connection", "workspace_id"):
            if (item := value.get(key)) is not None and not _is_name(item):
                self._report((key,), "it must be a non-empty string")

    def variables(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        variables = self._mapping(value, "variables")
        for key, item in variables.items():
            if not re.fullmatch(VARIABLE_NAME, key):
                self._report(
                    ("variables", key),
                    "a variable name may contain only letters, digits and _, and must not start with a digit",
                )
            if not isinstance(item, str | int | float):
                self._report(("variables", key), "it must be a string, a number or a boolean")
        return variables

    def secrets(self, value: Mapping[str, Any]) -> Mapping[str, SecretRef]:
        secrets: dict[str, SecretRef] = {}
        for alias, item in self._mapping(value, "secrets").items():
            try:
                secrets[alias] = _secret(item)
            except ValueError as error:
                self._report(("secrets", alias), str(error))
        return secrets

    def _mapping(self, value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        item = value.get(key)
        if item is not None and not isinstance(item, Mapping):
            self._report((key,), "it must be an object")
            return {}
        return item or {}

    def _report(self, where: tuple[str, ...], message: str) -> None:
        line = self._document.line(where)
        self.problems.append(Problem(path=self._path, line=line, message=f"{path_label(where)}: {message}"))


def _secret(item: Any) -> SecretRef:
    entry = {"connection": item} if isinstance(item, str) else item
    if not isinstance(entry, Mapping) or not _is_name(entry.get("connection")):
        raise ValueError("it must be the id of a connection, or an object with 'connection' and 'field'")
    if unknown := [key for key in entry if key not in ("connection", "field")]:
        raise ValueError(unknown_name("key", unknown[0], ("connection", "field")))
    return SecretRef(entry["connection"], entry.get("field", "password"))


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
