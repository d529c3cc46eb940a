"""Collections of the objects that belong to a destination, one for each kind of object."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar


class Child(Protocol):
    """An object that belongs to a destination."""

    @property
    def id(self) -> str:
        """The object's id, unique within its destination."""

    @property
    def destination_id(self) -> str:
        """Id of the destination that the object belongs to."""


Item = TypeVar("Item", bound=Child)


class Children(Generic[Item]):
    """The objects of one kind, indexed by destination and id, oldest first.

    :param items: initial objects.
    """

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self._items: dict[str, dict[str, Item]] = {}
        for item in items:
            self.put(item)

    def of(self, destination_id: str) -> Iterable[Item]:
        """Return the objects of a destination."""
        return self._items.get(destination_id, {}).values()

    def all(self) -> Iterable[Item]:
        """Return the objects of all destinations."""
        return (item for group in self._items.values() for item in group.values())

    def get(self, destination_id: str, item_id: str) -> Item | None:
        """Return an object, or None if it does not exist."""
        return self._items.get(destination_id, {}).get(item_id)

    def put(self, item: Item) -> None:
        """Add an object, or replace the one with the same id."""
        self._items.setdefault(item.destination_id, {})[item.id] = item

    def remove(self, item: Item) -> None:
        """Remove an object."""
        del self._items[item.destination_id][item.id]

    def remove_all_of(self, destination_id: str) -> None:
        """Remove the objects of a destination."""
        self._items.pop(destination_id, None)
