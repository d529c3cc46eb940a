"""Running a trigger as Airflow does: a copy of it, made from what is stored in the database."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

from airflow.models.trigger import Trigger


async def first_event(trigger: Any) -> dict[str, Any]:
    """Run a trigger to its event, which must be the only one, and return it."""
    async with aclosing(serialized_copy(trigger).run()) as events:
        payload: dict[str, Any] = (await anext(events)).payload
        assert [event async for event in events] == []  # nothing comes after the one event
        return payload


def serialized_copy(trigger: Any) -> Any:
    """Return a copy that went through the database, as Airflow makes it."""
    _, arguments = trigger.serialize()
    # Private in Airflow 2.11.
    encrypt: Any = getattr(Trigger, "encrypt_kwargs", None) or Trigger._encrypt_kwargs
    stored = Trigger._decrypt_kwargs(encrypt(arguments))
    assert stored == arguments
    return type(trigger)(**stored)
