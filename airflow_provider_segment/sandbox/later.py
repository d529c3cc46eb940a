"""Work put off to a later time, until a reset forgets it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Later:
    """Work that is still to be done on the server's event loop."""

    def __init__(self) -> None:
        self._handles: set[asyncio.TimerHandle] = set()

    def call(self, seconds: float, work: Callable[[], object]) -> None:
        """Do ``work`` in so many seconds."""

        def run() -> None:
            self._handles.discard(handle)
            work()

        handle = asyncio.get_running_loop().call_later(seconds, run)
        self._handles.add(handle)

    def clear(self) -> None:
        """Forget everything that is still to be done."""
        for handle in self._handles:
            handle.cancel()
        self._handles.clear()
