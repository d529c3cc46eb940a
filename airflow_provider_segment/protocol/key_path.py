"""Paths of values inside a JSON value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

KeyPath: TypeAlias = tuple[Any, ...]
"""Keys and indexes that lead to a value inside a JSON value."""


def is_below(path: KeyPath, roots: Iterable[KeyPath]) -> bool:
    """Return whether a path is equal to one of the roots or lies below it.

    :param path: the path of a value.
    :param roots: the paths of other values.
    """
    return any(path[: len(root)] == root for root in roots)


def paths_inside(prefix: KeyPath, paths: Iterable[KeyPath]) -> frozenset[KeyPath]:
    """Return the paths that lie inside a part of a value, relative to that part.

    A path that contains the whole part becomes the empty path.

    :param prefix: the path of the part.
    :param paths: paths in the value.
    """
    return frozenset(path[len(prefix) :] for path in paths if is_below(path, [prefix]) or is_below(prefix, [path]))
