"""Responses about destinations named "mine", of type "m" and on source "s"."""

from __future__ import annotations

from typing import Any

from airflow_provider_segment.protocol.wire.messages import Response
from tests.protocol.samples import done

TYPE = done({"destinationMetadata": {"id": "m", "name": "M", "slug": "m"}})


def listed(*ids: str) -> Response:
    """Return a list of the destinations with these ids."""
    return done({"destinations": [_destination(id_) for id_ in ids]})


def created(destination_id: str, **changes: Any) -> Response:
    """Return the response to a create.

    :param changes: fields with other values.
    """
    return done({"destination": _destination(destination_id) | changes})


def _destination(destination_id: str) -> dict[str, Any]:
    fields = {"name": "mine", "enabled": True, "sourceId": "s", "settings": {}, "metadata": {"id": "m"}}
    return {"id": destination_id, **fields}
