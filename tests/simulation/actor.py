"""A task at work: it steps through a flow, and may die at any step."""

from __future__ import annotations

from typing import Any

from airflow_provider_segment.protocol.errors import SegmentError
from airflow_provider_segment.protocol.flow.steps import Flow, Log, MaskSecrets, Outcome, Pause, Send
from tests.simulation.network import Network


class Actor:
    """One run of a flow.

    :param who: for the story.
    :param flow: what it does.
    :param network: over which.
    :param dies_at: the number of the step at which it dies; ``None`` lets it live.
    """

    def __init__(self, who: str, flow: Flow[Any], network: Network, *, dies_at: int | None = None) -> None:
        self.who = who
        self.done = False
        self.died = False
        self.result: Any = None
        self.error: Exception | None = None
        self.log_text: list[str] = []
        self._flow = flow
        self._network = network
        self._world = network.world
        self._left = dies_at

    def start(self) -> None:
        """Begin, as soon as time passes."""
        self._world.tell(f"{self.who} begins")
        self._world.after(0.0, lambda: self._go_on(None))

    def _go_on(self, reply: Outcome | None) -> None:
        while not self.done:
            try:
                step = self._flow.send(reply)
            except StopIteration as stop:
                self._end(result=stop.value)
                return
            except (SegmentError, ValueError) as error:
                self._end(error=error)
                return
            reply = None
            if isinstance(step, MaskSecrets):
                continue
            if isinstance(step, Log):
                self.log_text.append(step.text)
                self._world.tell(f"{self.who} says: {step.text}")
            elif self._dies():
                self._die(step)
            elif isinstance(step, Pause):
                self._world.tell(f"{self.who} pauses {step.seconds:.3f} s: {step.reason}")
                self._world.after(step.seconds, lambda: self._go_on(None))
                return
            else:
                self._network.send(self.who, step.request, self._go_on)
                return

    def _dies(self) -> bool:
        if self._left is None:
            return False
        self._left -= 1
        return self._left < 0

    def _die(self, step: Send | Pause) -> None:
        if isinstance(step, Send):
            self._network.abandon(self.who, step.request)
        else:
            self._world.tell(f"{self.who} dies in a pause")
        self._flow.close()
        self.died = self.done = True

    def _end(self, *, result: Any = None, error: Exception | None = None) -> None:
        self.result, self.error, self.done = result, error, True
        self._world.tell(f"{self.who} ends: {result!r}" if error is None else f"{self.who} fails: {error!r}")
