"""Updating an existing spec file: a value that has not changed in Segment stays as the user wrote it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from airflow_provider_segment.protocol.filter_arguments import check_actions
from airflow_provider_segment.protocol.provisioning.comparison import json_equal
from airflow_provider_segment.protocol.provisioning.filter_diff import comparable_actions
from airflow_provider_segment.protocol.workspace.description import SecretAlias
from airflow_provider_segment.workspace.variables import unescape_key

_SELECTING = ("source", "type", "id", "previous_name", "previous_title", "action", "removed")
"""Keys that select an object, besides its name; a slug and an id may refer to the same one."""
_OURS = (*_SELECTING, "settings", "subscriptions", "filters", "checks")
"""Keys that are not compared as a whole, or have no meaning in Segment."""

_SameEntry: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], bool]


def merge_spec(
    written: Mapping[str, Any],
    means: Mapping[str, Any],
    document: Mapping[str, Any],
    fields: Mapping[str, Any],
    *,
    filters: bool = True,
) -> dict[str, Any]:
    """Return a spec file's content, updated to match Segment; keys that the file leaves out stay out.

    :param written: the file's content.
    :param means: the same content with its variables replaced.
    :param document: the content that an import would write into a new file.
    :param fields: the same as values, with secret aliases.
    :param filters: whether filters were read; if not, they stay as they are.
    """
    merged = _merge_fields(written, means, document, fields)
    for key, levels in _LEVELS.items():
        if isinstance(written.get(key), list) and (key != "filters" or filters):
            new = document.get(key, []), fields.get(key, [])
            merged[key] = _merge_entries(written[key], means[key], *new, levels=levels)
    return merged


def _merge_fields(
    written: Mapping[str, Any], means: Mapping[str, Any], document: Mapping[str, Any], fields: Mapping[str, Any]
) -> dict[str, Any]:
    merged = dict(written)
    for key in written:
        if key in _OURS:
            continue
        if key not in fields:
            if written[key] not in (None, "") and key != "enabled":
                del merged[key]
        elif not _same_field(key, means[key], fields[key]):
            merged[key] = document[key]
    if isinstance(written.get("settings"), Mapping):
        new = document.get("settings", {}), fields.get("settings", {})
        merged["settings"] = _merge_settings(written["settings"], means["settings"], *new)
    return merged


def _merge_settings(
    written: Mapping[str, Any], means: Mapping[str, Any], document: Mapping[str, Any], fields: Mapping[str, Any]
) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for written_key, value in written.items():
        key = unescape_key(written_key)
        if key not in fields:
            if value is None:
                merged[written_key] = value
            continue
        same = _same(means[key], fields[key])
        merged[written_key] = value if same else document[written_key]
    return merged


def _same(means: Any, live: Any) -> bool:
    """Return whether a described value equals the live one; a secret counts as equal."""
    if isinstance(means, SecretAlias):
        return True
    if isinstance(means, Mapping) and isinstance(live, Mapping):
        return means.keys() == live.keys() and all(_same(means[key], live[key]) for key in means)
    if isinstance(means, list) and isinstance(live, list):
        return len(means) == len(live) and all(map(_same, means, live))
    return json_equal(means, live)


def _same_field(key: str, means: Any, live: Any) -> bool:
    if key == "actions":
        return comparable_actions(check_actions(key, means)) == comparable_actions(live)
    return json_equal(means, live)


def _merge_entries(
    written: Sequence[Any],
    means: Sequence[Any],
    document: Sequence[Any],
    fields: Sequence[Mapping[str, Any]],
    *,
    levels: Sequence[_SameEntry],
) -> list[Any]:
    """Merge a list: keep its order, drop entries whose objects no longer exist, and append entries for new objects.

    An entry that describes its object as removed is kept.
    """
    free = dict(enumerate(fields))
    pairs: dict[int, int] = {}
    for same in levels:
        for index, entry in enumerate(means):
            number = next((number for number, new in free.items() if same(entry, new)), None)
            if index not in pairs and number is not None and not entry.get("removed"):
                pairs[index] = number
                del free[number]
    kept = [
        _merge_fields(written[index], means[index], document[pairs[index]], fields[pairs[index]])
        if index in pairs
        else entry
        for index, entry in enumerate(written)
        if index in pairs or means[index].get("removed")
    ]
    return [*kept, *(document[number] for number in free)]


def _same_id(entry: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return entry.get("id") is not None and entry.get("id") == new.get("id")


def _same_action_and_trigger(entry: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return _same_action(entry, new) and _same_trigger(entry, new)


def _same_action(entry: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return _same_name(entry, new) and entry["action"] == new["action"]


def _same_trigger(entry: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return _same_name(entry, new) and entry.get("trigger") == new.get("trigger")


def _same_name(entry: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    ids = entry.get("id"), new.get("id")
    names = entry.get("name") is not None and new.get("name") in (entry.get("name"), entry.get("previous_name"))
    return names and (None in ids or ids[0] == ids[1])


def _same_title(entry: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    ids = entry.get("id"), new.get("id")
    titles = entry.get("title") is not None and new.get("title") in (entry.get("title"), entry.get("previous_title"))
    return titles and (None in ids or ids[0] == ids[1])


def _same_condition(entry: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return _same_title(entry, new) and entry.get("condition") == new.get("condition")


def _same_filter(entry: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    given = entry.get("actions") is not None and new.get("actions") is not None
    return given and _same_condition(entry, new) and _same_field("actions", entry["actions"], new["actions"])


_LEVELS: Mapping[str, Sequence[_SameEntry]] = {
    "subscriptions": (_same_id, _same_action_and_trigger, _same_action, _same_trigger, _same_name),
    "filters": (_same_id, _same_filter, _same_condition, _same_title),
}
"""The pairs of entries in a file and live objects, most similar first."""
