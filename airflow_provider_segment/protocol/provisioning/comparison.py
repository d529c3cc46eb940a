"""Comparison of a described JSON value with the one that Segment returns, which may hold masked secrets.

A mask is ten bullets, usually followed by the last characters of the secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any

from airflow_provider_segment.protocol.arguments import MASK_CHARACTER
from airflow_provider_segment.protocol.key_path import KeyPath
from airflow_provider_segment.protocol.secret_str import SecretStr

_EMPTY = ("", "None")
"""The strings that a template renders to if its variable is empty."""


class Match(IntEnum):
    """The result of comparing two values; for lists and objects, it is the highest of their elements' results.

    Lists of different lengths, and objects with different keys, are ``DIFFERENT``.
    """

    SAME = 0
    UNKNOWN = 1
    DIFFERENT = 2


def json_equal(spec: Any, actual: Any) -> bool:
    """Return whether two JSON values are equal; a masked secret that can't be compared counts as equal.

    :param spec: the described value.
    :param actual: the value in Segment.
    """
    return compare(spec, actual) is not Match.DIFFERENT


def compare(spec: Any, actual: Any) -> Match:
    """Compare two JSON values: ``1`` equals ``1.0``, and ``None`` in an object equals an absent key.

    A secret that its mask does not distinguish from others is ``UNKNOWN``.

    :param spec: the described value.
    :param actual: the value in Segment.
    """
    if isinstance(spec, Mapping) and isinstance(actual, Mapping):
        return _compare_objects(spec, actual)
    if isinstance(spec, list | tuple) and isinstance(actual, list | tuple):
        same_length = len(spec) == len(actual)
        return max(map(compare, spec, actual), default=Match.SAME) if same_length else Match.DIFFERENT
    # Unlike Python, JSON distinguishes true from 1.
    if isinstance(spec, bool) or isinstance(actual, bool):
        return _match(spec is actual)
    if isinstance(spec, str | SecretStr | int | float) and isinstance(actual, str) and MASK_CHARACTER in actual:
        secret = spec if isinstance(spec, SecretStr) else SecretStr(str(spec))
        return _compare_secret(secret, actual.rpartition(MASK_CHARACTER)[2])
    return _match(bool(spec == actual))


def holds_mask(value: Any) -> bool:
    """Return whether a value from Segment holds a masked secret, at any depth.

    :param value: the value that Segment returned.
    """
    if isinstance(value, str):
        return MASK_CHARACTER in value
    if isinstance(value, Mapping):
        return any(map(holds_mask, value.values()))
    return isinstance(value, list | tuple) and any(map(holds_mask, value))


def empty_secrets(spec: Any, actual: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the path of each described value that is empty or ``"None"`` where Segment shows a mask.

    :param spec: the described value.
    :param actual: the value in Segment.
    :param path: keys and indexes that lead to both.
    """
    if isinstance(spec, Mapping) and isinstance(actual, Mapping):
        for key in spec.keys() & actual.keys():
            yield from empty_secrets(spec[key], actual[key], (*path, key))
    elif isinstance(spec, list | tuple) and isinstance(actual, list | tuple):
        for index, (one, other) in enumerate(zip(spec, actual, strict=False)):
            yield from empty_secrets(one, other, (*path, index))
    elif isinstance(spec, str) and spec.strip() in _EMPTY and isinstance(actual, str) and MASK_CHARACTER in actual:
        yield path


def _compare_objects(spec: Mapping[str, Any], actual: Mapping[str, Any]) -> Match:
    keys = {key for key, value in spec.items() if value is not None}
    if keys != {key for key, value in actual.items() if value is not None}:
        return Match.DIFFERENT
    return max((compare(spec[key], actual[key]) for key in keys), default=Match.SAME)


def _compare_secret(secret: SecretStr, tail: str) -> Match:
    if len(secret) == 0 or not secret.endswith(tail):
        return Match.DIFFERENT  # Segment does not mask an empty value
    telling = any(character.isalnum() for character in tail) and not _is_document(secret)
    return Match.SAME if telling else Match.UNKNOWN


def _is_document(secret: SecretStr) -> bool:
    """Return whether a secret is a document, such as JSON or a key file, whose last characters do not identify it."""
    stripped = secret.strip()
    return stripped.startswith(("{", "[", "-----BEGIN")) or "\n" in stripped


def _match(same: bool) -> Match:  # noqa: FBT001 - the only argument
    return Match.SAME if same else Match.DIFFERENT
