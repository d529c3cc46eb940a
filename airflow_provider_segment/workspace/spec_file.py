"""Parsing a spec file into a checked description of a destination."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from airflow_provider_segment.protocol.arguments import check_flag, check_id, check_name, check_schedule, masked_keys
from airflow_provider_segment.protocol.filter_arguments import check_actions, check_description
from airflow_provider_segment.protocol.key_path import KeyPath
from airflow_provider_segment.protocol.provisioning.filter_spec import FilterCheck, check_samples
from airflow_provider_segment.protocol.workspace.description import (
    DestinationDescription,
    FilterDescription,
    SecretAlias,
    SubscriptionDescription,
)
from airflow_provider_segment.workspace.document import Document
from airflow_provider_segment.workspace.environment import Environment
from airflow_provider_segment.workspace.format import DESTINATION_KEYS, FILTER_KEYS, SUBSCRIPTION_KEYS, Key
from airflow_provider_segment.workspace.problems import Problem, WorkspaceFilesError, unknown_name
from airflow_provider_segment.workspace.variables import Substitution, path_label


def parse_spec(
    document: Document, *, path: str, environment: Environment, used: set[str] | None = None
) -> DestinationDescription:
    """Parse a spec file and return its description of a destination.

    :param document: the file's content.
    :param path: the file, for messages.
    :param environment: its variables.
    :param used: receives the names of the variables that the file uses.
    :raises WorkspaceFilesError: it is invalid; the error lists every problem.
    """
    substitution = Substitution(environment.variables)
    value = substitution.apply(document)
    if used is not None:
        used |= substitution.used
    problems = [Problem(path=path, line=one.line, message=str(one)) for one in substitution.problems]
    if problems:
        raise WorkspaceFilesError(problems)
    return _description(value, _Reader(document, path), path)


def parse_description(value: Any, *, path: str) -> DestinationDescription:
    """Return the description of a destination from plain values; variables and references are not replaced.

    :param value: an object with the keys of a spec file.
    :param path: how messages name it.
    :raises WorkspaceFilesError: it is invalid; the error lists every problem.
    """
    return _description(value, _Reader(Document(value, {}), path), path)


def _description(value: Any, reader: _Reader, path: str) -> DestinationDescription:
    fields = reader.fields(value, (), DESTINATION_KEYS)
    if fields.get("subscriptions") is not None:
        entries = reader.entries("subscriptions", fields["subscriptions"], SUBSCRIPTION_KEYS)
        fields["subscriptions"] = tuple(SubscriptionDescription(**entry) for entry in entries if "action" in entry)
    if fields.get("filters") is not None:
        entries = reader.entries("filters", fields["filters"], FILTER_KEYS)
        fields["filters"] = tuple(FilterDescription(**entry) for entry in entries)
    reader.finish()
    return DestinationDescription(path=path, **fields)


def repeated_descriptions(descriptions: Sequence[DestinationDescription]) -> Iterator[Problem]:
    """Yield a problem for each description of a destination that an earlier description already covers.

    :param descriptions: the descriptions of all files.
    """
    seen: dict[tuple[str, ...], str] = {}
    for one in descriptions:
        identity = (one.id,) if one.id is not None else (one.source, one.type, one.name or "")
        if identity in seen:
            yield Problem(path=one.path, message=f"{seen[identity]} describes the same destination")
        seen.setdefault(identity, one.path)


class _Reader:
    """A reader that checks a document's keys and values, and collects all problems before it raises an error."""

    def __init__(self, document: Document, path: str) -> None:
        self._document = document
        self._path = path
        self._problems: list[Problem] = []

    def fields(self, value: Any, path: KeyPath, keys: Sequence[Key]) -> dict[str, Any]:
        """Check the fields of an object, and return those that are not null."""
        names = [key.name for key in keys]
        if not isinstance(value, Mapping):
            self._report(path, f"it must be an object with the keys {', '.join(names)}")
            return {}
        for name in value:
            if name not in names:
                self._report((*path, name), unknown_name("key", name, names))
        present = {name: value[name] for name in names if value.get(name) is not None}
        checked = {name: self._checked((*path, name), item) for name, item in present.items()}
        for problem in _missing(present, keys):
            self._report(path, problem)
        return checked

    def entries(self, name: str, entries: Any, keys: Sequence[Key]) -> list[dict[str, Any]]:
        """Return the checked fields of each entry of a list, and report duplicate ids."""
        if not isinstance(entries, list):
            return []  # it was reported
        ids: set[str] = set()
        checked: list[dict[str, Any]] = []
        for index, entry in enumerate(entries):
            path = (name, index)
            fields = self.fields(entry, path, keys)
            if isinstance(entry_id := fields.get("id"), str):
                if entry_id in ids:
                    self._report((*path, "id"), f"duplicate id {entry_id!r}; describe each object only once")
                ids.add(entry_id)
            checked.append(fields)
        return checked

    def finish(self) -> None:
        """Raise an error that lists all problems found, if there are any."""
        if self._problems:
            raise WorkspaceFilesError(self._problems)

    def _checked(self, path: KeyPath, value: Any) -> Any:
        try:
            return _CHECKS[str(path[-1])](path_label(path), value)
        except ValueError as error:
            self._report(path, str(error), labelled=True)
            return value

    def _report(self, path: KeyPath, message: str, *, labelled: bool = False) -> None:
        label = "" if labelled or not path else f"{path_label(path)}: "
        self._problems.append(Problem(path=self._path, line=self._document.line(path), message=f"{label}{message}"))


_MAY_BE_LEFT_OUT_WITH = {
    "name": ("id",),
    "title": ("id",),
    "trigger": ("id", "removed"),
    "condition": ("id", "removed"),
    "actions": ("id", "removed"),
}


def _missing(present: Mapping[str, Any], keys: Sequence[Key]) -> Iterator[str]:
    for key in keys:
        if key.required and key.name not in present:
            yield f"{key.name!r} is missing"
    for key in keys:
        for name, instead in _MAY_BE_LEFT_OUT_WITH.items():
            if key.name == name and not {name, *instead} & set(present):
                allowed = " or ".join(map(repr, instead))
                yield f"{name!r} is missing; it is required unless the entry has {allowed}"


def _check_settings(label: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{label} is of type {type(value).__name__}; it must be an object")
    if masked := masked_keys(value):
        raise ValueError(
            f"{label}[{masked[0]!r}] contains a bullet (•), so it is a masked secret; write {{$secret: <alias>}}"
        )
    return dict(value)


def _check_list(label: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{label} is of type {type(value).__name__}; it must be a list")
    return value


def _check_actions(label: str, value: Any) -> list[dict[str, Any]]:
    return check_actions(label, _check_list(label, value))


def _check_samples(label: str, value: Any) -> tuple[FilterCheck, ...]:
    return check_samples(label, _check_list(label, value))


def _check_schedule(label: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(
            f"{label} is of type {type(value).__name__}; it must be an object with 'strategy' and 'config'"
        )
    return check_schedule(label, value)


def _without_references(check: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    def checked(label: str, value: Any) -> Any:
        if isinstance(value, SecretAlias):
            raise ValueError(f"{label} is a secret reference; secret references are allowed only in settings")
        return check(label, value)

    return checked


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    name: _without_references(check)
    for name, check in {
        "source": check_id,
        "type": check_id,
        "action": check_id,
        "name": check_name,
        "enabled": check_flag,
        "trigger": check_name,
        "settings": _check_settings,
        "subscriptions": _check_list,
        "filters": _check_list,
        "title": check_name,
        "condition": check_name,
        "actions": _check_actions,
        "description": check_description,
        "checks": _check_samples,
        "previous_title": check_name,
        "model_id": check_id,
        "reverse_etl_schedule": _check_schedule,
        "id": check_id,
        "previous_name": check_name,
        "removed": check_flag,
    }.items()
}
