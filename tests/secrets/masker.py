"""Airflow's masker for the duration of a test; its module differs between versions."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airflow.providers.common.compat.sdk import redact


def there(module: str) -> bool:
    """Return whether this Airflow has a module."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # not even its parent package
        return False


_HOMES = (
    "airflow.sdk._shared.secrets_masker",
    "airflow.sdk.execution_time.secrets_masker",
    "airflow.utils.log.secrets_masker",
)
HOME = next(home for home in _HOMES if there(home))


class Masker:
    """The strings that Airflow masks.

    :param masker: Airflow's masker.
    """

    def __init__(self, masker: Any) -> None:
        self._masker = masker

    def masks(self, text: str) -> bool:
        """Return whether a string is masked inside another."""
        return redact(f"so {text} it is") == "so *** it is"

    def forget(self) -> None:
        """Forget everything registered so far."""
        self._masker.patterns, self._masker.replacer = set(), None


@contextmanager
def fresh_masker() -> Iterator[Masker]:
    """Forget everything registered, and restore it at the end."""
    masker = importlib.import_module(HOME)._secrets_masker()
    patterns, replacer = masker.patterns, masker.replacer
    fresh = Masker(masker)
    fresh.forget()
    try:
        yield fresh
    finally:
        masker.patterns, masker.replacer = patterns, replacer


@contextmanager
def without_masker() -> Iterator[None]:
    """Turn masking off, so that the search sees what this package writes."""
    masker = importlib.import_module(HOME)._secrets_masker()
    with fresh_masker():
        masker.add_mask = lambda *_, **__: None
        try:
            yield
        finally:
            del masker.add_mask
