"""The engine of the command line, run against the sandbox in this process."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from airflow_provider_segment.protocol.workspace.apply_workspace import ApplyOptions, apply_workspace
from airflow_provider_segment.protocol.workspace.describing import Imported, import_workspace
from airflow_provider_segment.protocol.workspace.description import supply_secrets
from airflow_provider_segment.protocol.workspace.listings import Clocks
from airflow_provider_segment.protocol.workspace.plan import AppliedDestination, WorkspacePlan
from airflow_provider_segment.protocol.workspace.plan_workspace import PlanOptions, plan_workspace
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.transport.connection import parse_connection
from airflow_provider_segment.transport.requests_driver import RequestsDriver
from airflow_provider_segment.workspace.environment import Environment
from airflow_provider_segment.workspace.folder import WorkspaceFolder, load_folder
from airflow_provider_segment.workspace.importer import ImportResult, write_imported


class Engine:
    """Imports, plans and applies."""

    def __init__(self, sandbox: SegmentSandbox) -> None:
        self.sandbox = sandbox
        connection = parse_connection(
            conn_id="test", host=sandbox.url, port=None, password=sandbox.token, extra={"reconcile_timeout": 1}
        )
        self.options = connection.options
        self.driver = RequestsDriver(connection, logging.getLogger(__name__))

    def read(self, **arguments: Any) -> list[Imported]:
        return self.driver.run(import_workspace(self.options, **arguments))

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
        return self.driver.run(plan_workspace(self.options, descriptions=descriptions, how=how))

    def apply(
        self,
        plan: WorkspacePlan,
        *,
        stop_on_error: bool = True,
        how: PlanOptions = PlanOptions(),  # noqa: B008
        pending_since: Clocks | None = None,
    ) -> tuple[AppliedDestination, ...]:
        return self.driver.run(
            apply_workspace(
                self.options,
                plan=plan,
                how=how,
                apply=ApplyOptions(stop_on_error=stop_on_error, pending_since=pending_since),
            )
        )

    def writes(self) -> list[tuple[str, str]]:
        return [(one["method"], one["path"]) for one in self.sandbox.requests if one["method"] != "GET"]
