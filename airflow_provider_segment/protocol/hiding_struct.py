"""Structs that are shown without the fields that contain secrets."""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import Struct


class HidingStruct(Struct, frozen=True, kw_only=True):
    """A struct whose ``repr`` omits the fields named in ``hidden``, also inside the ``repr`` of another value."""

    hidden: ClassVar[frozenset[str]] = frozenset()

    def __repr__(self) -> str:
        shown = (f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({', '.join(shown)})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, value) for name, value in super().__rich_repr__() if name not in self.hidden]
