"""Comparing what the sandbox holds with what must be there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow_provider_segment.sandbox.decisions import masked
from tests.exactly_one.writes import BYSTANDER

_SECRET = "apiKey"


def differences(there: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say what is otherwise than it must be.

    :param there: destinations as the sandbox shows them.
    :param wanted: as a seed writes them, but for the bystander; an id that is ``None`` is not known before.
    """
    return _differences("destination", there, [BYSTANDER, *wanted])


def _differences(kind: str, there: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]) -> list[str]:
    names = sorted(str(record["name"]) for record in there)
    if names != sorted(str(record["name"]) for record in wanted):
        return [f"{kind}s are {names}"]
    found = {record["name"]: record for record in there}
    return [f"{kind} {record['name']}: {text}" for record in wanted for text in _of_one(found[record["name"]], record)]


def _of_one(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    texts = [
        f"{key} is {there.get(key)!r}"
        for key in ("id", "enabled", "actionId", "trigger", "reverseETLSchedule")
        if (key != "id" or wanted["id"] is not None) and there.get(key) != wanted.get(key)
    ]
    for key, value in wanted.get("settings", {}).items():
        if there["settings"].get(key) != (masked(value) if key == _SECRET else value):
            texts.append(f"settings[{key!r}] is {there['settings'].get(key)!r}")
    if "subscriptions" in wanted:
        texts += _differences("subscription", there["subscriptions"], wanted["subscriptions"])
    return texts
