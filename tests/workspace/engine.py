"""The engine of the command line and the operators, run in this process against the sandbox or the model."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Outcome, Pause, Send
from airflow_provider_segment.protocol.workspace.apply_workspace import ApplyOptions, apply_workspace
from airflow_provider_segment.protocol.workspace.description import supply_secrets
from airflow_provider_segment.protocol.workspace.import_destinations import Imported, import_workspace
from airflow_provider_segment.protocol.workspace.listings import Clocks
from airflow_provider_segment.protocol.workspace.plan import AppliedDestination, WorkspacePlan
from airflow_provider_segment.protocol.workspace.plan_workspace import PlanOptions, plan_workspace
from airflow_provider_segment.protocol.workspace.replan_destination import Pending
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.transport.connection import parse_connection
from airflow_provider_segment.transport.requests_driver import RequestsDriver
from airflow_provider_segment.workspace.environment import Environment
from airflow_provider_segment.workspace.folder import WorkspaceFolder, load_folder
from airflow_provider_segment.workspace.importer import ImportResult, write_imported
from tests.simulation.model import Segment
from tests.simulation.setting_values import DestinationType
from tests.workspace.drawn_workspaces import ACTIONS, CLASSIC, CLOUD, SOURCES, seed

T = TypeVar("T")


class AnyEngine(ABC):
    """Imports, plans and applies."""

    options: CallOptions

    @abstractmethod
    def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end."""

    @abstractmethod
    def start(self, drawn: list[dict[str, Any]]) -> None:
        """Begin anew with these destinations."""

    @abstractmethod
    def writes(self) -> list[tuple[str, str]]:
        """Return method and path of each write since the start."""

    def read(self, **arguments: Any) -> list[Imported]:
        return self.run(import_workspace(self.options, **arguments))

    def write(self, root: Path, environment: str | None = None) -> ImportResult:
        existing = WorkspaceFolder(environment=Environment())
        if root.exists():
            existing = load_folder(root, environment=environment)
        return write_imported(root, self.read(), existing)

    def plan(
        self,
        root: Path,
        *,
        environment: str | None = None,
        secret: Callable[[str], str | None] = lambda alias: None,
        how: PlanOptions = PlanOptions(),  # noqa: B008 - frozen
    ) -> WorkspacePlan:
        descriptions = [supply_secrets(one, secret) for one in load_folder(root, environment=environment).descriptions]
        return self.run(plan_workspace(self.options, descriptions=descriptions, how=how))

    def apply(
        self,
        plan: WorkspacePlan,
        *,
        stop_on_error: bool = True,
        how: PlanOptions = PlanOptions(),  # noqa: B008
        pending_since: Clocks | None = None,
    ) -> tuple[AppliedDestination, ...]:
        apply = ApplyOptions(stop_on_error=stop_on_error, pending=Pending(pending_since))
        return self.run(apply_workspace(self.options, plan=plan, how=how, apply=apply))


class Engine(AnyEngine):
    """Against the sandbox."""

    def __init__(self, sandbox: SegmentSandbox) -> None:
        self.sandbox = sandbox
        connection = parse_connection(
            conn_id="test", host=sandbox.url, port=None, password=sandbox.token, extra={"reconcile_timeout": 1}
        )
        self.options = connection.options
        self.driver = RequestsDriver(connection, logging.getLogger(__name__))

    def run(self, flow: Flow[T]) -> T:
        return self.driver.run(flow)

    def start(self, drawn: list[dict[str, Any]]) -> None:
        self.sandbox.seed(seed(drawn))

    def writes(self) -> list[tuple[str, str]]:
        return [(one["method"], one["path"]) for one in self.sandbox.requests if one["method"] != "GET"]


class ModelEngine(AnyEngine):
    """Against the model of the simulation, without faults."""

    def __init__(self) -> None:
        self._now = 0.0
        self._sent: list[tuple[str, str]] = []
        self.options = CallOptions(connection="the model", clocks=lambda: (self._now, self._now))

    def run(self, flow: Flow[T]) -> T:
        outcome: Outcome | None = None
        while True:
            try:
                step = flow.send(outcome)
            except StopIteration as stop:
                result: T = stop.value
                return result
            outcome = None
            if isinstance(step, Pause):
                self._now += step.seconds
            elif isinstance(step, Send):
                self._sent.append((step.request.method, step.request.path))
                outcome = self._segment.handle(step.request, self._now)

    def start(self, drawn: list[dict[str, Any]]) -> None:
        rest = {"status": "PUBLIC", "readOnlyOptions": [], "supportedFeatures": {"cloudModeInstances": "MULTIPLE"}}
        types = {one["id"]: DestinationType({**rest, **one}) for one in (CLOUD, CLASSIC)}
        sources = [{"id": id, "name": slug, "slug": slug} for id, slug in SOURCES]
        self._sent = []
        self._segment = Segment(write_limit=None, sources=sources, types=types)
        for one in drawn:
            parts = ("subscriptions", "filters")
            plain = {key: value for key, value in one.items() if key not in parts}
            settings = types[one["metadataId"]].created(one["settings"])
            self._segment.add_destination({"name": "", "enabled": True, **plain, "settings": settings})
            for part in one.get("subscriptions", ()):
                ids = {"destinationId": one["id"], "actionSlug": dict(ACTIONS)[part["actionId"]]}
                # The model has one space of ids.
                self._segment.add_subscription({**part, **ids, "id": f"{one['id']}-{part['id']}"})
            for part in one.get("filters", ()):
                ids = {"destinationId": one["id"], "sourceId": one["sourceId"]}
                self._segment.add_filter({**part, **ids, "id": f"{one['id']}-{part['id']}"})

    def writes(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path in self._sent if method != "GET"]
