"""The state of a threshold, kept across restarts of the triggerer where possible."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_segment.triggers.stream import DeliveryTrigger


class ThresholdState:
    """Whether a threshold's conditions held at the last poll, kept in the watched asset's state store (Airflow 3.3).

    A store that fails is tried again at the next poll.

    :param trigger: the trigger; it has the store, if there is one.
    """

    def __init__(self, trigger: DeliveryTrigger) -> None:
        self._log = trigger.log
        # Airflow sets it before it runs the trigger of a watched asset.
        self._store: Any = getattr(trigger, "asset_state_store", None)
        criteria = json.dumps(trigger.criteria.to_json(), sort_keys=True)
        self._key = f"segment_delivery_threshold_{hashlib.sha256(criteria.encode()).hexdigest()[:16]}"
        self._saved: bool | None = None
        self._failed = False

    async def load(self) -> bool | None:
        """Return whether the conditions held; ``None`` if that is unknown."""
        if self._store is None:
            return None
        try:
            held = await self._store.aget(self._key)
        except Exception as error:  # noqa: BLE001 - any kind of store; polling continues without it
            self._warn(error)
            return None
        self._saved = held if isinstance(held, bool) else None
        return self._saved

    async def save(self, *, holds: bool) -> None:
        """Save whether the conditions hold, unless the stored value is the same.

        :param holds: whether they hold now.
        """
        if self._store is None or holds is self._saved:
            return
        try:
            await self._store.aset(self._key, holds)
        except Exception as error:  # noqa: BLE001 - as above
            self._warn(error)
        else:
            self._saved, self._failed = holds, False

    def _warn(self, error: Exception) -> None:
        if not self._failed:
            self._log.warning(
                "The asset's state store failed; if the threshold is crossed while the triggerer restarts, the event"
                " may be missed: %s",
                error,
            )
        self._failed = True
