"""How an object in Segment differs from its description.

Only the settings that are described are compared, since Segment adds defaults and masks secrets. A mask is ten bullets,
usually followed by the last characters of the secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_segment.protocol.api.masks import masked_strings
from airflow_provider_segment.protocol.api.objects import Destination, Subscription
from airflow_provider_segment.protocol.arguments import MASK_CHARACTER, masked_keys
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs.

    :param field: its name; for settings with the key, as ``settings['apiKey']``.
    :param before: its value in Segment; empty for settings, which may hold secrets.
    :param after: its described value; likewise.
    """

    field: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Diff:
    """How an object in Segment differs from its description.

    :param fields: the fields that differ, for people.
    :param changes: the arguments of the update that brings it to the described state.
    :param hidden: keys of settings that can't be compared, since Segment does not show their values.
    :param secrets: described strings for which Segment shows a mask.
    """

    fields: tuple[FieldChange, ...] = ()
    changes: Mapping[str, Any] = field(default_factory=dict, repr=False)
    hidden: tuple[str, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def names(self) -> list[str]:
        """The names of the fields that differ."""
        return [change.field for change in self.fields]


@dataclass(frozen=True, slots=True)
class SettingsDiff:
    """How settings in Segment differ from the described ones.

    :param changed: keys whose value differs.
    :param hidden: keys that can't be compared, since Segment shows only bullets.
    :param absent: keys that Segment does not return.
    """

    changed: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


def diff_destination(
    spec: DestinationSpec, actual: Destination, *, rotate_secrets: bool = False, write_absent: bool = False
) -> Diff:
    """Compare a destination with its description, including the name.

    :param spec: the description.
    :param actual: the destination in Segment.
    :param rotate_secrets: count secrets that can't be compared as changed.
    :param write_absent: count settings that Segment does not return as changed. An apply leaves this off: it would
        write them again on each run if Segment stores them without returning them, or does not store them.
    """
    plain: dict[str, tuple[Any, Any]] = {"name": (actual.get("name") or "", spec.name)}
    if spec.enabled is not None:
        plain["enabled"] = (actual["enabled"], spec.enabled)
    compared = diff_settings(spec.settings, actual["settings"])
    return _diff(
        plain,
        spec.settings,
        changed=(
            *compared.changed,
            *(compared.hidden if rotate_secrets else ()),
            *(compared.absent if write_absent else ()),
        ),
        hidden=(*(() if rotate_secrets else compared.hidden), *(() if write_absent else compared.absent)),
        secrets=masked_strings(spec.settings, actual["settings"]),
    )


def diff_subscription(spec: SubscriptionSpec, actual: Subscription, *, rotate_secrets: bool = False) -> Diff:
    """Compare a subscription with its description, except for the identity.

    :param spec: the description; fields that are ``None`` are left alone.
    :param actual: the subscription in Segment.
    :param rotate_secrets: count secrets that can't be compared as changed.
    """
    plain: dict[str, tuple[Any, Any]] = {"trigger": (actual["trigger"], spec.trigger)}
    if spec.enabled is not None:
        plain["enabled"] = (actual["enabled"], spec.enabled)
    if spec.model_id is not None:
        # "" means no model.
        plain["model_id"] = (actual.get("modelId") or None, spec.model_id)
    if spec.reverse_etl_schedule is not None:
        plain["reverse_etl_schedule"] = (actual.get("reverseETLSchedule"), spec.reverse_etl_schedule)
    compared = diff_settings(spec.settings or {}, actual.get("settings") or {})
    return _diff(
        plain,
        spec.settings,
        # Segment fills in nothing here: an absent field was never mapped.
        changed=(*compared.changed, *compared.absent, *(compared.hidden if rotate_secrets else ())),
        hidden=() if rotate_secrets else compared.hidden,
        secrets=masked_strings(spec.settings, actual.get("settings")),
    )


def diff_settings(spec: Mapping[str, Any], actual: Mapping[str, Any]) -> SettingsDiff:
    """Compare the described keys of settings; a key whose described value is ``None`` or a mask is not compared.

    :param spec: the described settings.
    :param actual: the settings in Segment.
    """
    masked = masked_keys(spec)
    wanted = [key for key, value in spec.items() if value is not None and key not in masked]
    compared = [key for key in wanted if key in actual]
    hidden = tuple(key for key in compared if _is_only_bullets(spec[key], actual[key]))
    changed = tuple(key for key in compared if key not in hidden and not json_equal(spec[key], actual[key]))
    return SettingsDiff(changed, hidden, tuple(key for key in wanted if key not in actual))


def json_equal(spec: Any, actual: Any) -> bool:
    """Compare two JSON values: ``1`` equals ``1.0``, ``None`` in an object equals absent, a mask equals what it shows.

    :param spec: the described value.
    :param actual: the value in Segment.
    """
    if isinstance(spec, Mapping) and isinstance(actual, Mapping):
        return _objects_equal(spec, actual)
    if isinstance(spec, list | tuple) and isinstance(actual, list | tuple):
        return len(spec) == len(actual) and all(map(json_equal, spec, actual))
    # Unlike Python, JSON distinguishes true from 1.
    if isinstance(spec, bool) or isinstance(actual, bool):
        return spec is actual
    if isinstance(spec, str | int | float) and isinstance(actual, str) and MASK_CHARACTER in actual:
        return str(spec).endswith(actual.rpartition(MASK_CHARACTER)[2])
    return bool(spec == actual)


def _diff(
    plain: Mapping[str, tuple[Any, Any]],
    settings: Mapping[str, Any] | None,
    *,
    changed: Sequence[str],
    hidden: Sequence[str],
    secrets: Iterable[str],
) -> Diff:
    differing = {name: pair for name, pair in plain.items() if not json_equal(pair[1], pair[0])}
    changes: dict[str, Any] = {name: after for name, (_, after) in differing.items()}
    if changed:
        # All described keys, since it is unknown whether Segment merges settings or replaces them.
        changes["settings"] = settings
    return Diff(
        fields=(*_field_changes(differing), *(FieldChange(f"settings[{key!r}]") for key in changed)),
        changes=changes,
        hidden=tuple(hidden),
        secrets=tuple(secrets),
    )


def _field_changes(changed: Mapping[str, tuple[Any, Any]]) -> Iterator[FieldChange]:
    for name, (before, after) in changed.items():
        yield FieldChange(name, _display(before), _display(after))


def _display(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value)


def _objects_equal(spec: Mapping[str, Any], actual: Mapping[str, Any]) -> bool:
    keys = {key for key, value in spec.items() if value is not None}
    return keys == {key for key, value in actual.items() if value is not None} and all(
        json_equal(spec[key], actual[key]) for key in keys
    )


def _is_only_bullets(spec: Any, actual: Any) -> bool:
    return isinstance(actual, str) and actual.endswith(MASK_CHARACTER) and isinstance(spec, str | int | float)
