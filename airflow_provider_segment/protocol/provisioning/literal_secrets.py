"""A warning about passwords in a DAG file."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from airflow_provider_segment.protocol.api.objects import CatalogOption
from airflow_provider_segment.protocol.arguments import masked_keys
from airflow_provider_segment.protocol.flow.steps import Flow, Log
from airflow_provider_segment.protocol.provisioning.diff import setting_label
from airflow_provider_segment.protocol.provisioning.paths import is_below
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec


def literal_passwords(spec: DestinationSpec, options: Sequence[CatalogOption]) -> list[str]:
    """Return the settings that the catalog calls passwords and that are neither references nor templates.

    :param spec: the description of the destination.
    :param options: the options of its type.
    """
    passwords = {option["name"] for option in options if option.get("type") == "password"}
    masked = masked_keys(spec.settings)
    return [
        key
        for key, value in spec.settings.items()
        if key in passwords
        and isinstance(value, str)
        and value
        and key not in masked
        and not is_below((key,), spec.templated)
    ]


def warn_about_literal_passwords(spec: DestinationSpec, options: Sequence[CatalogOption]) -> Flow[None]:
    """Warn once if passwords are literals.

    :param spec: the description of the destination.
    :param options: the options of its type.
    """
    if keys := literal_passwords(spec, options):
        yield Log(
            f"{spec.identity}: {', '.join(map(setting_label, keys))}: a literal, but Segment's catalog calls it a"
            " password; pass SecretRef('<connection id>') instead, or Airflow stores and shows it",
            logging.WARNING,
        )
