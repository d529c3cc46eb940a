"""What differs between a described object and the one Segment has.

Of settings only the keys the user gave are compared, since the server adds defaults of its own and masks secrets. A
mask is ten bullets and perhaps the last characters of the secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_segment.protocol.arguments import MASK_CHARACTER, masked_keys


@dataclass(frozen=True, slots=True)
class SettingsDifference:
    """How described settings compare with those Segment has.

    :param changed: keys whose value differs.
    :param hidden: keys whose value is a secret that Segment shows nothing of, so that nobody can tell.
    """

    changed: tuple[str, ...]
    hidden: tuple[str, ...] = ()


def compare_settings(described: Mapping[str, Any], actual: Mapping[str, Any]) -> SettingsDifference:
    """Compare settings, key by key of the described ones.

    A key that Segment does not return counts as unchanged, and so does one described as ``None`` or by a mask.

    :param described: as the user gave them.
    :param actual: as Segment returned them.
    """
    ignored = masked_keys(described)
    compared = [key for key, value in described.items() if value is not None and key in actual and key not in ignored]
    hidden = tuple(key for key in compared if _shows_nothing(described[key], actual[key]))
    changed = tuple(key for key in compared if key not in hidden and not same(described[key], actual[key]))
    return SettingsDifference(changed, hidden)


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
    if isinstance(described, str) and isinstance(actual, str) and MASK_CHARACTER in actual:
        return described.endswith(actual.rpartition(MASK_CHARACTER)[2])
    return bool(described == actual)


def _same_mapping(described: Mapping[str, Any], actual: Mapping[str, Any]) -> bool:
    keys = {key for key, value in described.items() if value is not None}
    return keys == {key for key, value in actual.items() if value is not None} and all(
        same(described[key], actual[key]) for key in keys
    )


def _shows_nothing(described: Any, actual: Any) -> bool:
    return isinstance(actual, str) and actual.endswith(MASK_CHARACTER) and isinstance(described, str)
