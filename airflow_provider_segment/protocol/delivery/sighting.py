"""What is asked at a look, and what is seen; the same for all conditions it is held against."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from airflow_provider_segment.protocol.delivery.window import Interval, Window

if TYPE_CHECKING:
    from airflow_provider_segment.protocol.delivery.metrics import DeliveryMetrics


class Question(Struct, frozen=True):
    """What is asked, again and again. Equal questions have equal answers, so they need be asked but once.

    :param destination_id: of this destination.
    :param source_id: the destination's source.
    :param window: which stretch of time counts.
    """

    destination_id: str
    source_id: str
    window: Window


class Found(Struct, frozen=True):
    """An answer.

    :param metrics: as the API returned them.
    :param interval: what was asked for.
    """

    metrics: DeliveryMetrics
    interval: Interval


class Sighting(Struct, frozen=True):
    """What a look saw.

    :param at: the time of the look, with a zone.
    :param found: ``None`` while nothing of the window has passed.
    """

    at: datetime
    found: Found | None = None

    @property
    def metrics(self) -> DeliveryMetrics | None:
        """The numbers, if any."""
        return None if self.found is None else self.found.metrics
