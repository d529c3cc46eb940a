"""Whether a condition held at the last poll, kept over restarts of the triggerer where Airflow has a place for it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_segment.triggers.stream import DeliveryTrigger


class ThresholdState:
    """The state of one threshold in the state store of the asset it watches (Airflow 3.3).

    :param trigger: whose state; it holds the store, where there is one.
    """

    def __init__(self, trigger: DeliveryTrigger) -> None:
        self._log = trigger.log
        # Airflow puts it there before it runs the trigger of a watched asset.
        self._store: Any = getattr(trigger, "asset_state_store", None)
        _, arguments = trigger.serialize()
        digest = hashlib.sha256(json.dumps(arguments, sort_keys=True).encode()).hexdigest()[:16]
        self._key = f"segment_delivery_threshold_{digest}"

    async def load(self) -> bool | None:
        """Say whether the condition held; ``None`` where nobody knows."""
        if self._store is None:
            return None
        try:
            held = await self._store.aget(self._key)
        except Exception as error:  # noqa: BLE001 - a store of any kind; without memory the wait still goes on
            self._give_up(error)
            return None
        return held if isinstance(held, bool) else None

    async def save(self, *, holds: bool) -> None:
        """Remember.

        :param holds: whether the condition holds now.
        """
        if self._store is None:
            return
        try:
            await self._store.aset(self._key, holds)
        except Exception as error:  # noqa: BLE001 - as above
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._store = None
        self._log.warning("A crossing during a restart of the triggerer may be missed: no state store: %s", error)
