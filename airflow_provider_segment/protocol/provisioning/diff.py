"""What differs between a described object and the one Segment has.

Of settings only the keys the user gave are compared, since the server adds defaults of its own and masks secrets. A
mask is ten bullets and perhaps the last characters of the secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_segment.protocol.api.masks import masked_texts
from airflow_provider_segment.protocol.api.objects import Destination, Subscription
from airflow_provider_segment.protocol.arguments import MASK_CHARACTER, masked_keys
from airflow_provider_segment.protocol.provisioning.spec import DescribedDestination, DescribedSubscription


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs.

    :param field: its name; for settings with the key, as ``settings['apiKey']``.
    :param before: what Segment has; empty for settings, which may hold secrets.
    :param after: what is described.
    """

    field: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """How a described object compares with the one Segment has.

    :param fields: those that differ, for people.
    :param changes: the arguments of the update that brings it to the described state.
    :param hidden: keys of settings of which Segment shows nothing, so that nobody can tell.
    :param secrets: described texts for which Segment shows a mask.
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
class SettingsDifference:
    """How described settings compare with those Segment has.

    :param changed: keys whose value differs.
    :param hidden: keys whose value is a secret that Segment shows nothing of, so that nobody can tell.
    :param absent: keys that Segment does not return.
    """

    changed: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


def compare_destination(
    described: DescribedDestination, actual: Destination, *, rotate_secrets: bool = False, write_absent: bool = False
) -> Difference:
    """Compare a destination, its name included.

    :param described: as the user wants it.
    :param actual: as Segment has it.
    :param rotate_secrets: count secrets that can't be compared as changed.
    :param write_absent: count settings that Segment does not return as changed. Otherwise an apply would write them
        again at each run, since they may be kept without being shown, or not be kept at all.
    """
    plain = {
        "name": (actual.get("name") or "", described.name),
        "enabled": (actual["enabled"], described.enabled),
    }
    compared = compare_settings(described.settings, actual["settings"])
    return _difference(
        plain,
        described.settings,
        changed=(
            *compared.changed,
            *(compared.hidden if rotate_secrets else ()),
            *(compared.absent if write_absent else ()),
        ),
        hidden=(*(() if rotate_secrets else compared.hidden), *(() if write_absent else compared.absent)),
        secrets=masked_texts(described.settings, actual["settings"]),
    )


def compare_subscription(
    described: DescribedSubscription, actual: Subscription, *, rotate_secrets: bool = False
) -> Difference:
    """Compare a subscription with one of the same identity.

    :param described: as the user wants it; fields that are ``None`` are left alone.
    :param actual: as Segment has it.
    :param rotate_secrets: count secrets that can't be compared as changed.
    """
    plain: dict[str, tuple[Any, Any]] = {
        "trigger": (actual["trigger"], described.trigger),
        "enabled": (actual["enabled"], described.enabled),
    }
    if described.model_id is not None:
        # It comes back as "" for a subscription without a model.
        plain["model_id"] = (actual.get("modelId") or None, described.model_id)
    if described.reverse_etl_schedule is not None:
        plain["reverse_etl_schedule"] = (actual.get("reverseETLSchedule"), described.reverse_etl_schedule)
    compared = compare_settings(described.settings or {}, actual.get("settings") or {})
    return _difference(
        plain,
        described.settings,
        # Nothing is filled in for a subscription: a field that is absent is one that was never mapped.
        changed=(*compared.changed, *compared.absent, *(compared.hidden if rotate_secrets else ())),
        hidden=() if rotate_secrets else compared.hidden,
        secrets=masked_texts(described.settings, actual.get("settings")),
    )


def compare_settings(described: Mapping[str, Any], actual: Mapping[str, Any]) -> SettingsDifference:
    """Compare settings, key by key of the described ones.

    A key described as ``None`` or by a mask is not compared.

    :param described: as the user gave them.
    :param actual: as Segment returned them.
    """
    ignored = masked_keys(described)
    wanted = [key for key, value in described.items() if value is not None and key not in ignored]
    compared = [key for key in wanted if key in actual]
    hidden = tuple(key for key in compared if _shows_nothing(described[key], actual[key]))
    changed = tuple(key for key in compared if key not in hidden and not same(described[key], actual[key]))
    return SettingsDifference(changed, hidden, tuple(key for key in wanted if key not in actual))


def same(described: Any, actual: Any) -> bool:
    """Compare two JSON values: ``1 == 1.0``, ``None`` in a mapping = absent, a mask = what ends like it.

    :param described: as the user gave it.
    :param actual: as Segment returned it.
    """
    if isinstance(described, Mapping) and isinstance(actual, Mapping):
        return _same_mapping(described, actual)
    if isinstance(described, list | tuple) and isinstance(actual, list | tuple):
        return len(described) == len(actual) and all(map(same, described, actual))
    # JSON tells true from 1; Python does not.
    if isinstance(described, bool) or isinstance(actual, bool):
        return described is actual
    if isinstance(described, str | int | float) and isinstance(actual, str) and MASK_CHARACTER in actual:
        return str(described).endswith(actual.rpartition(MASK_CHARACTER)[2])
    return bool(described == actual)


def _difference(
    plain: Mapping[str, tuple[Any, Any]],
    settings: Mapping[str, Any] | None,
    *,
    changed: Sequence[str],
    hidden: Sequence[str],
    secrets: Iterable[str],
) -> Difference:
    differing = {name: pair for name, pair in plain.items() if not same(pair[1], pair[0])}
    changes: dict[str, Any] = {name: after for name, (_, after) in differing.items()}
    if changed:
        # All keys that were given: nobody knows whether Segment merges settings or replaces them.
        changes["settings"] = settings
    return Difference(
        fields=(*_shown(differing), *(FieldChange(f"settings[{key!r}]") for key in changed)),
        changes=changes,
        hidden=tuple(hidden),
        secrets=tuple(secrets),
    )


def _shown(changed: Mapping[str, tuple[Any, Any]]) -> Iterator[FieldChange]:
    for name, (before, after) in changed.items():
        yield FieldChange(name, _text(before), _text(after))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value)


def _same_mapping(described: Mapping[str, Any], actual: Mapping[str, Any]) -> bool:
    keys = {key for key, value in described.items() if value is not None}
    return keys == {key for key, value in actual.items() if value is not None} and all(
        same(described[key], actual[key]) for key in keys
    )


def _shows_nothing(described: Any, actual: Any) -> bool:
    return isinstance(actual, str) and actual.endswith(MASK_CHARACTER) and isinstance(described, str | int | float)
