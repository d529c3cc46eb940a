"""Comparing objects in Segment with their descriptions.

Only the settings that are described are compared, since Segment adds defaults and keys of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from airflow_provider_segment.protocol.api.masks import masked_strings
from airflow_provider_segment.protocol.api.objects import CatalogOption, Destination, Subscription
from airflow_provider_segment.protocol.arguments import masked_keys
from airflow_provider_segment.protocol.key_path import KeyPath, is_below
from airflow_provider_segment.protocol.phrases import MAX_CANDIDATES, listed
from airflow_provider_segment.protocol.provisioning.comparison import (
    Match,
    compare,
    empty_secrets,
    holds_mask,
    json_equal,
)
from airflow_provider_segment.protocol.provisioning.reverse_etl_schedule import same_schedule
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec
from airflow_provider_segment.protocol.secret_str import SecretStr


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """A field whose value in Segment differs from the described value.

    :param field: its name; for settings with the key, such as ``settings['apiKey']``.
    :param before: its value in Segment; empty if there is none.
    :param after: its described value; empty if there is none.
    :param hidden: whether both values are left out because they may be secrets, as for settings.
    """

    field: str
    before: str = ""
    after: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Diff:
    """The differences between an object in Segment and its description.

    :param fields: the fields that differ, for people.
    :param changes: the arguments of the update that brings it to the described state.
    :param hidden: keys of settings that can't be compared, since Segment does not show enough of their values.
    :param unknown: keys of settings that the destination's type does not know, each with what it knows instead.
    :param secrets: described strings for which Segment shows a mask.
    """

    fields: tuple[FieldDiff, ...] = ()
    changes: Mapping[str, Any] = field(default_factory=dict, repr=False)
    hidden: tuple[str, ...] = ()
    unknown: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[SecretStr, ...] = field(default=(), repr=False)

    @property
    def names(self) -> list[str]:
        """The names of the fields that differ."""
        return [change.field for change in self.fields]


@dataclass(frozen=True, slots=True)
class SettingsDiff:
    """The differences between settings in Segment and the described ones.

    :param changed: keys whose value differs, or that Segment does not return.
    :param hidden: keys that can't be compared, because their masks show too little.
    :param masked: keys whose value in Segment holds a mask.
    :param unknown: keys that Segment does not return and that the type does not know.
    """

    changed: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def to_write(self, *, rotate_secrets: bool) -> tuple[str, ...]:
        """Return the keys of the settings to write.

        :param rotate_secrets: write every secret.
        """
        return tuple(dict.fromkeys((*self.changed, *(self.masked if rotate_secrets else ()))))


def diff_destination(spec: DestinationSpec, actual: Destination, *, rotate_secrets: bool = False) -> Diff:
    """Compare a destination in Segment, including its name, with the ``DestinationSpec`` that describes it.

    :param spec: the description.
    :param actual: the destination in Segment, with the options of its type.
    :param rotate_secrets: count every secret as changed.
    :raises ValueError: a template rendered to nothing where Segment has a secret.
    """
    plain: dict[str, tuple[Any, Any]] = {"name": (actual.get("name") or "", spec.name)}
    if spec.enabled is not None:
        plain["enabled"] = (actual["enabled"], spec.enabled)
    check_templated_secrets(spec.settings, actual["settings"], templated=spec.templated)
    options = actual["metadata"].get("options") or []
    compared = diff_settings(spec.settings, actual["settings"], options)
    known = [option["name"] for option in options]
    return _diff(
        plain,
        spec.settings,
        changed=compared.to_write(rotate_secrets=rotate_secrets),
        hidden=() if rotate_secrets else compared.hidden,
        unknown={key: key_hint(key, known) for key in compared.unknown},
        secrets=masked_strings(spec.settings, actual["settings"]),
    )


def diff_subscription(spec: SubscriptionSpec, actual: Subscription, *, rotate_secrets: bool = False) -> Diff:
    """Compare a subscription in Segment, including its name, with the ``SubscriptionSpec`` that describes it.

    :param spec: the description; fields that are ``None`` are left alone.
    :param actual: the subscription in Segment.
    :param rotate_secrets: count every secret as changed.
    """
    plain: dict[str, tuple[Any, Any]] = {
        "name": (actual["name"], spec.name),
        "trigger": (actual["trigger"], spec.trigger),
    }
    if spec.enabled is not None:
        plain["enabled"] = (actual["enabled"], spec.enabled)
    if spec.model_id is not None:
        # "" means no model.
        plain["model_id"] = (actual.get("modelId") or None, spec.model_id)
    schedule = actual.get("reverseETLSchedule")
    if spec.reverse_etl_schedule is not None and not same_schedule(spec.reverse_etl_schedule, schedule):
        plain["reverse_etl_schedule"] = (schedule, spec.reverse_etl_schedule)
    compared = diff_settings(spec.settings or {}, actual.get("settings") or {})
    return _diff(
        plain,
        spec.settings,
        changed=compared.to_write(rotate_secrets=rotate_secrets),
        hidden=() if rotate_secrets else compared.hidden,
        secrets=masked_strings(spec.settings, actual.get("settings")),
    )


def diff_settings(
    spec: Mapping[str, Any], actual: Mapping[str, Any], options: Sequence[CatalogOption] = ()
) -> SettingsDiff:
    """Compare described settings with those in Segment, except keys whose described value contains a mask.

    A key that Segment does not return differs, unless its described value is ``None`` or the default of its type.

    :param spec: the described settings.
    :param actual: the settings in Segment.
    :param options: the options of the destination's type; without any, every key counts as known.
    """
    masked = masked_keys(spec)
    described = [key for key in spec if key not in masked and not is_server_key(key)]
    returned = {key: compare(spec[key], actual[key]) for key in described if key in actual}
    defaults = {option["name"]: option.get("defaultValue") for option in options}
    absent = [key for key in described if key not in actual and spec[key] is not None]
    missing = [key for key in absent if not json_equal(spec[key], defaults.get(key))]
    unknown = [key for key in missing if options and key not in defaults]
    return SettingsDiff(
        changed=(
            *(key for key, match in returned.items() if match is Match.DIFFERENT),
            *(key for key in missing if key not in unknown),
        ),
        hidden=tuple(key for key, match in returned.items() if match is Match.UNKNOWN),
        masked=tuple(key for key in returned if holds_mask(actual[key])),
        unknown=tuple(unknown),
    )


def key_hint(key: str, known: Iterable[str]) -> str:
    """Return a hint about an unknown setting: the most similar known key, or else the known keys.

    :param key: the setting's key.
    :param known: the keys that its type knows.
    """
    names = [*known]
    if near := get_close_matches(key, names, n=1):
        return f"did you mean {near[0]!r}?"
    return f"known settings: {listed([*map(repr, names)], most=MAX_CANDIDATES)}"


def is_server_key(key: str) -> bool:
    """Return whether Segment itself adds a key to settings and changes its value.

    :param key: a key of the settings of a destination or a subscription.
    """
    return key == "dynamicAuthSettings" or key.startswith("__segment_internal_")


def check_templated_secrets(
    settings: Mapping[str, Any], actual: Mapping[str, Any], *, templated: frozenset[KeyPath]
) -> None:
    """Raise if a template that rendered to an empty string or ``'None'`` would replace a secret in Segment.

    :param settings: the described settings.
    :param actual: the settings in Segment.
    :param templated: paths in ``settings`` of values rendered by templates.
    """
    for path in empty_secrets(settings, actual):
        if is_below(path, templated):
            label = "".join(f"[{part!r}]" for part in path)
            raise ValueError(
                f"settings{label} was rendered as an empty string or 'None', but Segment has a secret there;"
                " to delete the secret, pass a literal '' instead of a template"
            )


def _diff(
    plain: Mapping[str, tuple[Any, Any]],
    settings: Mapping[str, Any] | None,
    *,
    changed: Sequence[str],
    hidden: Sequence[str],
    secrets: Iterable[SecretStr],
    unknown: Mapping[str, str] | None = None,
) -> Diff:
    differing = {name: pair for name, pair in plain.items() if not json_equal(pair[1], pair[0])}
    changes: dict[str, Any] = {name: after for name, (_, after) in differing.items()}
    if changed:
        # All described keys that the type knows, since it is unknown whether Segment merges settings or replaces them.
        changes["settings"] = {key: value for key, value in (settings or {}).items() if key not in (unknown or {})}
    return Diff(
        fields=(*_field_changes(differing), *map(hidden_setting, changed)),
        changes=changes,
        hidden=tuple(hidden),
        unknown=unknown or {},
        secrets=tuple(secrets),
    )


def setting_label(key: str) -> str:
    """Return the label that summaries and messages use for a setting.

    :param key: the setting's key.
    """
    return f"settings[{key!r}]"


def hidden_setting(key: str) -> FieldDiff:
    """Return the change to a setting, omitting the old and new values.

    :param key: the setting's key.
    """
    return FieldDiff(setting_label(key), hidden=True)


def _field_changes(changed: Mapping[str, tuple[Any, Any]]) -> Iterator[FieldDiff]:
    for name, (before, after) in changed.items():
        yield FieldDiff(name, display(before), display(after))


def display(value: Any) -> str:
    """Return a value in readable form: strings as they are, everything else as JSON.

    :param value: the field's value.
    """
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)
