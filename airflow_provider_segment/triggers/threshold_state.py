"""Whether a threshold's conditions held at the last poll, kept across restarts of the triggerer where possible."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_segment.triggers.stream import DeliveryTrigger


class ThresholdState:
    """The state of one threshold, in the state store of the watched asset (Airflow 3.3).

    :param trigger: the trigger; it has the store, if there is one.
    """

    def __init__(self, trigger: DeliveryTrigger) -> None:
        self._log = trigger.log
        # Airflow sets it before it runs the trigger of a watched asset.
        self._store: Any = getattr(trigger, "asset_state_store", None)
        _, arguments = trigger.serialize()
        digest = hashlib.sha256(json.dumps(arguments, sort_keys=True).encode()).hexdigest()[:16]
        self._key = f"segment_delivery_threshold_{digest}"

    async def load(self) -> bool | None:
        """Return whether the conditions held; ``None`` if that is unknown."""
        if self._store is None:
            return None
        try:
            held = await self._store.aget(self._key)
        except Exception as error:  # noqa: BLE001 - any kind of store; polling goes on without it
            self._give_up(error)
            return None
        return held if isinstance(held, bool) else None

    async def save(self, *, holds: bool) -> None:
        """Save whether the conditions hold.

        :param holds: whether they hold now.
        """
        if self._store is None:
            return
        try:
            await self._store.aset(self._key, holds)
        except Exception as error:  # noqa: BLE001 - as above
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._store = None
        self._log.warning("The state store failed; a crossing during a triggerer restart may be missed: %s", error)
