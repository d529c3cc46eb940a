"""The objects a workspace holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

ALWAYS = float("-inf")
"""Creation time of what was there from the start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source, never changed once seeded.

    :param id: its id.
    :param encoded: the whole record, as JSON.
    """

    id: str
    encoded: msgspec.Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A destination. Settings hold the secrets as they are; only answers mask them.

    :param created_at: seconds since 1970 on the sandbox's clock.
    """

    id: str
    name: str
    enabled: bool
    source_id: str
    metadata_id: str
    settings: Mapping[str, Any]
    created_at: float = ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A subscription, called mapping in the Segment app.

    :param model_id: of Reverse ETL; empty for a plain one.
    :param schedule: ``reverseETLSchedule``; None when it has none.
    :param created_at: seconds since 1970 on the sandbox's clock.
    """

    id: str
    name: str
    action_id: str
    action_slug: str
    destination_id: str
    enabled: bool
    trigger: str
    settings: Mapping[str, Any]
    model_id: str
    schedule: Mapping[str, Any] | None = None
    created_at: float = ALWAYS
