"""A record that the destination was checked, for reschedule mode, where each poll runs in a new process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_segment.protocol.delivery.criteria import MetricsQuery

_KEY = "segment_destination_checked"


class RememberedCheck:
    """A check that succeeded, stored in the task's state store (Airflow 3.3).

    Airflow clears XCom at each reschedule, so older versions have no place for it. If the store fails, nothing is
    stored.

    :param context: the task's context; it has the store, if there is one.
    :param query: the query, with the selection of the destination.
    """

    def __init__(self, context: Context, query: MetricsQuery) -> None:
        self._store: Any = context.get("task_state_store")
        ti: Any = context.get("ti")
        ids = [query.destination_id, query.source_id]
        self._key = [ids if query.selection is None else query.selection.to_json(), getattr(ti, "try_number", None)]

    def load(self) -> tuple[str, str, str] | tuple[()] | None:
        """Return the destination's id, its source's id and its problem, if the destination was checked in this try.

        :return: empty if it was not; ``None`` if that is unknown.
        """
        if self._store is None:
            return None
        try:
            *key, destination_id, source_id, problem = self._store.get(_KEY) or (None, None, None)
        except Exception:  # noqa: BLE001 - any kind of store
            return None
        return (str(destination_id), str(source_id), str(problem)) if key == self._key else ()

    def save(self, destination_id: str, source_id: str, problem: str) -> None:
        """Store the result of the destination check.

        :param destination_id: id of the destination.
        :param source_id: id of its source.
        :param problem: why it may never get deliveries; empty if no reason is known.
        """
        if self._store is None:
            return
        try:
            self._store.set(_KEY, [*self._key, destination_id, source_id, problem])
        except Exception:  # noqa: BLE001 - as above
            self._store = None
