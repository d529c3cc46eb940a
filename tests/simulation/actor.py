"""A running task: it steps through a flow, and may die at any step."""

from __future__ import annotations

from typing import Any

from airflow_provider_segment.protocol.errors import SegmentError
from airflow_provider_segment.protocol.flow.steps import Flow, Log, MaskSecrets, Outcome, Pause, Send, Upcoming
from airflow_provider_segment.protocol.wire.messages import Request
from tests.simulation.network import LONGEST_TRAVEL, Network
from tests.simulation.world import ViolationError


class Actor:
    """One run of a flow.

    :param label: its name in the story.
    :param flow: the flow to run.
    :param network: delivers its requests.
    :param dies_at: number of the step at which it dies; ``None`` lets it finish.
    :param retry_budget: seconds after which no create may be repeated; ``None`` does not check that.
    :param freezes_at: number of the step before which it stands still until it is woken.
    """

    def __init__(
        self,
        label: str,
        flow: Flow[Any],
        network: Network,
        *,
        dies_at: int | None = None,
        freezes_at: int | None = None,
        retry_budget: float | None = None,
    ) -> None:
        self.label = label
        self.done = False
        self.died = False
        self.frozen = False
        self.result: Any = None
        self.error: Exception | None = None
        self.log_text: list[str] = []
        self._flow = flow
        self._network = network
        self._world = network.world
        self._steps_left = dies_at
        self._retry_budget = retry_budget
        self._steps_to_freeze = freezes_at
        self._held_reply: Outcome | None = None
        self._creates: dict[Request, float] = {}
        self._slack = 0.0

    def start(self) -> None:
        """Start at the current time."""
        self._world.record(f"{self.label} starts")
        self._world.after(0.0, lambda: self._resume(None))

    def wake(self) -> None:
        """Continue after a suspension."""
        self._world.record(f"{self.label} wakes up")
        self.frozen = False
        self._world.after(0.0, lambda: self._resume(self._held_reply))

    def _freezes(self, reply: Outcome | None) -> bool:
        if self._steps_to_freeze is None:
            return False
        self._steps_to_freeze -= 1
        if self._steps_to_freeze >= 0:
            return False
        self._steps_to_freeze = None
        self.frozen, self._held_reply = True, reply
        self._world.record(f"{self.label} stands still")
        return True

    def _resume(self, reply: Outcome | None) -> None:
        if self._freezes(reply):
            return
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
            if isinstance(step, MaskSecrets | Upcoming):
                continue
            if isinstance(step, Log):
                self.log_text.append(step.text)
                self._world.record(f"{self.label} logs: {step.text}")
                if "making a new plan" in step.text:
                    self._creates.clear()  # what is created from now on has a budget of its own
            elif self._dies():
                self._die(step)
            elif isinstance(step, Pause):
                self._world.record(f"{self.label} pauses {step.seconds:.3f} s: {step.reason}")
                self._note_pause(step)
                self._world.after(step.seconds, lambda: self._resume(None))
                return
            else:
                self._check_budget(step.request)
                self._network.send(self.label, step.request, self._resume)
                return

    def _note_pause(self, pause: Pause) -> None:
        self._slack += pause.seconds if pause.for_rate_limit else 0.0
        if pause.reason.startswith("deferred: "):
            self._creates.clear()  # a resumed task looks for what it created before, as a retry does

    def _check_budget(self, request: Request) -> None:
        """Raise if a destination is created again after the budget; waits for rate limits and travel do not count."""
        self._slack += 2 * LONGEST_TRAVEL
        if (request.method, request.path) != ("POST", "/destinations") or self._retry_budget is None:
            return
        spent = self._world.now - self._slack - self._creates.setdefault(request, self._world.now - self._slack)
        if spent > self._retry_budget:
            raise ViolationError(f"{request.path} was created again after {spent:.0f} s of {self._retry_budget:.0f} s")

    def _dies(self) -> bool:
        if self._steps_left is None:
            return False
        self._steps_left -= 1
        return self._steps_left < 0

    def _die(self, step: Send | Pause) -> None:
        if isinstance(step, Send):
            self._network.abandon(self.label, step.request)
        else:
            self._world.record(f"{self.label} dies in a pause")
        self._flow.close()
        self.died = self.done = True

    def _end(self, *, result: Any = None, error: Exception | None = None) -> None:
        self.result, self.error, self.done = result, error, True
        self._world.record(f"{self.label} ends: {result!r}" if error is None else f"{self.label} fails: {error!r}")
