"""A warning about passwords in a DAG file or a spec file."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from airflow_provider_segment.protocol.api.objects import CatalogOption
from airflow_provider_segment.protocol.arguments import masked_keys
from airflow_provider_segment.protocol.flow.steps import Log
from airflow_provider_segment.protocol.key_path import KeyPath, is_below
from airflow_provider_segment.protocol.provisioning.diff import setting_label


def literal_passwords(
    settings: Mapping[str, Any], options: Sequence[CatalogOption], *, templated: frozenset[KeyPath] = frozenset()
) -> list[str]:
    """Return the settings that the catalog declares as passwords and that are neither references nor templates.

    :param settings: the described settings.
    :param options: the options of the destination's type.
    :param templated: paths in ``settings`` of values rendered by templates.
    """
    passwords = {option["name"] for option in options if option.get("type") == "password"}
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
    options: Sequence[CatalogOption],
    *,
    templated: frozenset[KeyPath] = frozenset(),
) -> Iterator[Log]:
    """Log one warning that names all settings with literal passwords.

    :param label: names the destination.
    :param settings: the described settings.
    :param options: the options of its type.
    :param templated: paths in ``settings`` of values rendered by templates.
    """
    if keys := literal_passwords(settings, options, templated=templated):
        yield Log(
            f"{label}: {literal_password_text(keys)}; pass SecretRef('<connection id>') instead, because Airflow stores"
            " and displays literals",
            logging.WARNING,
        )
