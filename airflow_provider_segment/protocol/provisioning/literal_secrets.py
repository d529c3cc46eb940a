"""A warning about passwords in a DAG file or a spec file."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from airflow_provider_segment.protocol.api.objects import CatalogActionField, CatalogOption
from airflow_provider_segment.protocol.arguments import masked_keys
from airflow_provider_segment.protocol.flow.steps import Log
from airflow_provider_segment.protocol.key_path import KeyPath, is_below
from airflow_provider_segment.protocol.provisioning.diff import setting_label


def literal_passwords(
    settings: Mapping[str, Any],
    declared: Iterable[CatalogOption | CatalogActionField],
    *,
    templated: frozenset[KeyPath] = frozenset(),
) -> list[str]:
    """Return the settings that the catalog declares as passwords and that are neither references nor templates.

    :param settings: the described settings of a destination or a subscription.
    :param declared: the options of the destination's type, or the fields of the subscription's action.
    :param templated: paths in ``settings`` of values rendered by templates.
    """
    passwords = set(_password_keys(declared))
    masked = masked_keys(settings)
    return [
        key
        for key, value in settings.items()
        if key in passwords
        and isinstance(value, str)
        and value
        and key not in masked
        and not is_below((key,), templated)
    ]


def literal_password_text(keys: Sequence[str]) -> str:
    """Return the beginning of the warning about literal passwords.

    :param keys: the settings with literal passwords.
    """
    return f"{', '.join(map(setting_label, keys))}: set to a literal, but declared as a password in Segment's catalog"


def warn_about_literal_passwords(
    label: object,
    settings: Mapping[str, Any],
    declared: Iterable[CatalogOption | CatalogActionField],
    *,
    templated: frozenset[KeyPath] = frozenset(),
) -> Iterator[Log]:
    """Log one warning that names all settings with literal passwords.

    :param label: names the destination or the subscription.
    :param settings: its described settings.
    :param declared: the options of the destination's type, or the fields of the subscription's action.
    :param templated: paths in ``settings`` of values rendered by templates.
    """
    if keys := literal_passwords(settings, declared, templated=templated):
        yield Log(
            f"{label}: {literal_password_text(keys)}; pass SecretRef('<connection id>') instead, because Airflow stores"
            " and displays literals",
            logging.WARNING,
        )


def _password_keys(declared: Iterable[CatalogOption | CatalogActionField]) -> Iterator[str]:
    """Yield the keys of the settings declared as passwords.

    The type of an option is in lower case, and that of a field in upper case. https://docs.segmentapis.com/tag/Catalog
    """
    for one in declared:
        key = one.get("name") or one.get("fieldKey")
        if isinstance(key, str) and (one.get("type") or "").lower() == "password":
            yield key
