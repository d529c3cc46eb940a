"""Airflow's masker for the length of a test; it has a home of its own in each version."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airflow.providers.common.compat.sdk import redact


def there(module: str) -> bool:
    """Say whether this Airflow has a module."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # not even what it would lie in
        return False


_HOMES = (
    "airflow.sdk._shared.secrets_masker",
    "airflow.sdk.execution_time.secrets_masker",
    "airflow.utils.log.secrets_masker",
)
HOME = next(home for home in _HOMES if there(home))


class Masker:
    """Says what Airflow masks.

    :param masker: Airflow's own.
    """

    def __init__(self, masker: Any) -> None:
        self._masker = masker

    def masks(self, text: str) -> bool:
        """Say whether a text is blotted out where it stands in another."""
        return redact(f"so {text} it is") == "so *** it is"

    def forget(self) -> None:
        """Mask nothing that was registered up to now."""
        self._masker.patterns, self._masker.replacer = set(), None


@contextmanager
def fresh_masker() -> Iterator[Masker]:
    """Forget what is masked, and remember it at the end."""
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
    """Mask nothing, so that what is searched is what we wrote ourselves."""
    masker = importlib.import_module(HOME)._secrets_masker()
    with fresh_masker():
        masker.add_mask = lambda *_, **__: None
        try:
            yield
        finally:
            del masker.add_mask
