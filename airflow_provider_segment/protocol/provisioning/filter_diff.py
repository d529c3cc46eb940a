"""How a filter in Segment differs from its description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow_provider_segment.protocol.api.objects import Filter
from airflow_provider_segment.protocol.filter_arguments import relevant_actions
from airflow_provider_segment.protocol.provisioning.diff import Diff, FieldDiff, display
from airflow_provider_segment.protocol.provisioning.filter_spec import FilterSpec


def diff_filter(spec: FilterSpec, actual: Filter) -> Diff:
    """Compare a filter, including its title, with its description.

    :param spec: the description; fields that are ``None`` are left alone.
    :param actual: the filter in Segment.
    """
    pairs: dict[str, tuple[Any, Any]] = {
        "title": (actual["title"], spec.title),
        "condition": (actual["if"], spec.condition),
        "actions": (relevant_actions(actual["actions"]), spec.actions),
        "enabled": (actual["enabled"], spec.enabled),
        "description": (actual.get("description") or "", spec.description),
    }
    changed = {
        name: (before, after)
        for name, (before, after) in pairs.items()
        if after is not None and _comparable(name, before) != _comparable(name, after)
    }
    return Diff(
        fields=tuple(FieldDiff(name, display(before), display(after)) for name, (before, after) in changed.items()),
        changes={name: after for name, (_, after) in changed.items()},
    )


def _comparable(name: str, value: Any) -> Any:
    return comparable_actions(value) if name == "actions" else value


def comparable_actions(actions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return actions with their lists of dropped or allowed keys sorted, because the order of the keys has no meaning.

    :param actions: the actions, with the API's keys.
    """
    return [
        {
            key: {path: sorted(keys, key=str) if isinstance(keys, list) else keys for path, keys in item.items()}
            if isinstance(item, dict)
            else item
            for key, item in action.items()
        }
        for action in actions
    ]
