"""Variables and secret references in the values of a spec file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_segment.protocol.key_path import KeyPath
from airflow_provider_segment.protocol.workspace.description import SecretAlias
from airflow_provider_segment.workspace.document import Document, DocumentError
from airflow_provider_segment.workspace.format import SECRET_KEY, VARIABLE_NAME
from airflow_provider_segment.workspace.problems import shorten, unknown_name

_VARIABLE = re.compile(r"\$\$\{|\$\{(" + VARIABLE_NAME + r")\}|\$\{")
_ESCAPED_KEY = re.compile(r"\$+\$secret")
_LITERAL = "${"


@dataclass
class Substitution:
    """A substitution of a document's variables and secret references.

    :param variables: values by name.
    :param problems: receives a message with the line of each problem.
    :param used: receives the names of the variables that were used.
    """

    variables: Mapping[str, Any]
    problems: list[DocumentError] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def apply(self, document: Document) -> Any:
        """Return the value of a document with its variables and references replaced.

        :param document: the document as read.
        """
        return self._replace(document, document.value, ())

    def _replace(self, document: Document, value: Any, path: KeyPath) -> Any:
        if isinstance(value, str):
            return self._string(document, value, path)
        if isinstance(value, list):
            return [self._replace(document, item, (*path, index)) for index, item in enumerate(value)]
        if not isinstance(value, Mapping):
            return value
        if SECRET_KEY in value:
            return self._secret(document, value, path)
        return {unescape_key(key): self._replace(document, item, (*path, key)) for key, item in value.items()}

    def _string(self, document: Document, text: str, path: KeyPath) -> Any:
        whole = _VARIABLE.fullmatch(text)
        if whole is not None and whole[1] is not None:
            return self._variable(document, whole[1], path)

        def replacement(match: re.Match[str]) -> str:
            if match[0] == f"${_LITERAL}":
                return _LITERAL
            if match[1] is None:
                self._problem(document, path, "'${' does not start a variable; write ${NAME}, or $${ for a literal ${")
                return ""
            value = self._variable(document, match[1], path)
            return value if isinstance(value, str) else _number(value)

        return _VARIABLE.sub(replacement, text)

    def _variable(self, document: Document, name: str, path: KeyPath) -> Any:
        self.used.add(name)
        if name in self.variables:
            return self.variables[name]
        self._problem(document, path, unknown_name("variable", name, list(self.variables)))
        return ""

    def _secret(self, document: Document, value: Mapping[str, Any], path: KeyPath) -> SecretAlias:
        alias = value[SECRET_KEY]
        if len(value) > 1:
            message = f"{SECRET_KEY!r} must be the only key of a reference; for a literal key, write '${SECRET_KEY}'"
            self._problem(document, path, message)
        if not isinstance(alias, str) or not alias.strip() or _LITERAL in alias:
            message = f"the alias of {SECRET_KEY!r} must be a non-empty string, without variables"
            self._problem(document, path, message)
            return SecretAlias("")
        return SecretAlias(alias)

    def _problem(self, document: Document, path: KeyPath, message: str) -> None:
        self.problems.append(DocumentError(f"{path_label(path)}: {message}", document.line(path)))


def path_label(path: KeyPath) -> str:
    """Return the label of a path for messages, such as ``subscriptions[0].name``.

    :param path: keys and indexes.
    """
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in path]
    return shorten("".join(parts).removeprefix("."))


def escape_value(value: Any) -> Any:
    """Escape a value from Segment so that reading it from a spec file returns the same value.

    :param value: plain JSON values.
    """
    if isinstance(value, str):
        return value.replace(_LITERAL, f"${_LITERAL}")
    if isinstance(value, Mapping):
        return {escape_key(key): escape_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [escape_value(item) for item in value]
    return value


def escape_key(key: str) -> str:
    """Escape a key so that it is not read as a reference.

    :param key: a key of Segment's settings.
    """
    return f"${key}" if key == SECRET_KEY or _ESCAPED_KEY.fullmatch(key) else key


def unescape_key(key: str) -> str:
    """Return a key without its escape; a key that is not escaped is returned unchanged.

    :param key: a key of a spec file.
    """
    return key[1:] if _ESCAPED_KEY.fullmatch(key) else key


def _number(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
