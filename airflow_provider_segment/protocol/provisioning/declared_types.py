"""Converting strings rendered from templates into the booleans and numbers that the catalog declares."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import structs

from airflow_provider_segment.protocol.api.objects import CatalogOption
from airflow_provider_segment.protocol.key_path import KeyPath, is_below
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec

_BOOLEANS = {"true": True, "false": False}
_NUMBER = re.compile(r"[+-]?\d{1,300}(\.\d{1,300})?(e[+-]?\d{1,2})?", re.IGNORECASE)


def with_declared_types(spec: DestinationSpec, options: Iterable[CatalogOption]) -> DestinationSpec:
    """Return a description with its templated settings converted to the types that the catalog declares.

    :param spec: the description.
    :param options: the options of its type.
    """
    return structs.replace(spec, settings=declared_types(spec.settings, options, templated=spec.templated))


def declared_types(
    settings: Mapping[str, Any], options: Iterable[CatalogOption], *, templated: frozenset[KeyPath]
) -> dict[str, Any]:
    """Return settings with the templated ones converted to the types that the catalog declares.

    :param settings: the described settings.
    :param options: the options of the destination's type.
    :param templated: paths in ``settings`` of values rendered by templates.
    """
    types = {option["name"]: option.get("type") for option in options}
    return {
        key: _typed(value, types.get(key)) if is_below((key,), templated) else value for key, value in settings.items()
    }


def _typed(value: Any, declared: str | None) -> Any:
    """Convert a string to the boolean or number that the catalog declares; return any other value unchanged."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if declared == "boolean":
        return _BOOLEANS.get(text.lower(), value)
    if declared == "number" and _NUMBER.fullmatch(text):
        return float(text) if set(text.lower()) & set(".e") else int(text)
    return value
