"""Compare the objects in the sandbox with the expected ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow_provider_segment.sandbox.decisions import masked
from tests.exactly_one.writes import BYSTANDER

_SECRET = "apiKey"


def differences(actual: Sequence[Mapping[str, Any]], expected: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the differences.

    :param actual: destinations as the sandbox shows them.
    :param expected: destinations in the format of a seed, without the bystander; an id of ``None`` matches any.
    """
    return _differences("destination", actual, [BYSTANDER, *expected])


def _differences(
    kind: str, actual: Sequence[Mapping[str, Any]], expected: Sequence[Mapping[str, Any]], *, name: str = "name"
) -> list[str]:
    names = sorted(str(record[name]) for record in actual)
    if names != sorted(str(record[name]) for record in expected):
        return [f"{kind}s are {names}"]
    by_name = {record[name]: record for record in actual}
    return [f"{kind} {record[name]}: {text}" for record in expected for text in _one(by_name[record[name]], record)]


def _one(actual: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    found = [
        f"{key} is {actual.get(key)!r}"
        for key in ("id", "enabled", "actionId", "trigger", "reverseETLSchedule", "if", "actions")
        if (key != "id" or expected["id"] is not None) and actual.get(key) != expected.get(key)
    ]
    for key, value in expected.get("settings", {}).items():
        if actual["settings"].get(key) != (masked(value) if key == _SECRET else value):
            found.append(f"settings[{key!r}] is {actual['settings'].get(key)!r}")
    if "subscriptions" in expected:
        found += _differences("subscription", actual["subscriptions"], expected["subscriptions"])
    if "filters" in expected:
        found += _differences("filter", actual["filters"], expected["filters"], name="title")
    return found
