"""The commands of ``airflow-segment``: functions that take the parsed arguments and return an :class:`Output`."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from airflow_provider_segment.cli import text
from airflow_provider_segment.cli.segment import open_segment
from airflow_provider_segment.protocol.phrases import counted
from airflow_provider_segment.workspace.aliases import alias_reader, supplied_descriptions
from airflow_provider_segment.workspace.folder import WorkspaceFolder, load_environment, load_folder
from airflow_provider_segment.workspace.format import SCHEMAS

OK, ERROR, DIFFERENCES = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """The output of a command.

    :param status: exit status.
    :param text: the output for people.
    :param report: the output as JSON values.
    """

    status: int
    text: str
    report: dict[str, Any] = field(default_factory=dict)


def run_command(arguments: argparse.Namespace, style: text.Style) -> Output:
    """Run the command that the arguments select and return its output.

    :param arguments: the parsed arguments.
    :param style: colours of the output.
    """
    commands = {
        "import": _import,
        "validate": _validate,
        "plan": _plan,
        "apply": _apply,
        "drift": _drift,
        "schema": _schema,
    }
    return commands[arguments.command](arguments, style)


def _schema(arguments: argparse.Namespace, _style: text.Style) -> Output:
    schema = SCHEMAS[arguments.of]()
    return Output(status=OK, text=json.dumps(schema, indent=2, ensure_ascii=False), report=schema)


def _validate(arguments: argparse.Namespace, _style: text.Style) -> Output:
    folder = load_folder(arguments.folder, environment=arguments.environment)
    aliases = sorted({alias for one in folder.descriptions for alias in one.aliases})
    missing = []
    if aliases:
        read = alias_reader(folder.environment)
        missing = [alias for alias in aliases if read(alias) is None]
    warnings = [*folder.warnings, *(_missing_text(folder, alias) for alias in missing)]
    lines = [f"warning: {warning}" for warning in warnings]
    lines.append(counted(len(folder.files), "file is valid", "files are valid"))
    report = {"files": len(folder.files), "unsupplied_secrets": missing, "warnings": warnings}
    return Output(status=OK, text="\n".join(lines), report=report)


def _missing_text(folder: WorkspaceFolder, alias: str) -> str:
    reference = folder.environment.secret(alias)
    return f"secret {alias!r}: there is no connection {reference.conn_id!r}; create it before the secret is written"


def _import(arguments: argparse.Namespace, _style: text.Style) -> Output:
    from airflow_provider_segment.protocol.workspace.import_destinations import described_secrets, import_workspace
    from airflow_provider_segment.workspace.importer import write_imported

    root = Path(arguments.folder)
    if root.exists():
        if not root.is_dir():
            raise ValueError(f"{root} is not a folder")
        existing = load_folder(root, environment=arguments.environment)
    else:
        existing = WorkspaceFolder(environment=load_environment(root, arguments.environment))
    environment = existing.environment
    with open_segment(environment, connection_id=arguments.connection, quiet=arguments.quiet) as segment:
        imported = segment.run(
            import_workspace(
                segment.options,
                sources=arguments.source,
                workspace_id=environment.workspace_id,
                filters=not arguments.no_filters,
            )
        )
    result = write_imported(root, imported, existing)
    known = {alias for one in existing.descriptions for alias in one.aliases}
    new = {one.id for one, path in zip(imported, result.paths, strict=True) if path in result.created}
    secrets = [
        {"alias": alias, "place": place}
        for alias, place in described_secrets([one for one in imported if one.id in new])
        if alias not in known
    ]
    report = {
        "created": list(result.created),
        "changed": list(result.changed),
        "unchanged": len(result.unchanged),
        "not_in_segment": list(result.missing),
        "secrets": secrets,
    }
    return Output(status=OK, text=_import_text(report, root), report=report)


def _import_text(report: dict[str, Any], root: Path) -> str:
    report = text.printable_report(report)
    lines = [*(f"+ {path}" for path in report["created"]), *(f"~ {path}" for path in report["changed"])]
    lines += [f"  {path} describes a destination that does not exist" for path in report["not_in_segment"]]
    lines.append(
        f"{root}: {counted(len(report['created']), 'file')} created, {len(report['changed'])} changed,"
        f" {report['unchanged']} unchanged"
    )
    if report["secrets"]:
        lines += ["", "Segment does not return these secrets. Before you create or change an object that contains one,"]
        lines += ["add a connection with the id shown here, or map it to another connection in the environment:"]
        lines += [f"  {one['alias']}: {one['place']}" for one in report["secrets"]]
    return "\n".join(lines)


def _plan(arguments: argparse.Namespace, style: text.Style) -> Output:
    from airflow_provider_segment.cli.report import plan_report

    folder, planned = _planned(arguments)
    report = plan_report(planned, folder.warnings)
    shown = text.plan_markdown(report) if arguments.markdown else text.plan_text(report, style)
    return Output(status=_status(report, planned.failed), text=shown, report=report)


def _drift(arguments: argparse.Namespace, style: text.Style) -> Output:
    from airflow_provider_segment.cli.report import plan_report

    arguments.max_prune, arguments.rotate_secrets = 10**9, False
    folder, planned = _planned(arguments)
    report = plan_report(planned, folder.warnings)
    report["destinations"] = [one for one in report["destinations"] if one["result"] != "kept"]
    kept = len(planned.items) - len(report["destinations"])
    report["as_described"] = kept
    shown = text.drift_text(report, style)
    return Output(status=_status(report, planned.failed), text=shown, report=report)


def _status(report: dict[str, Any], failed: Any) -> int:
    if failed:
        return ERROR
    return DIFFERENCES if report["differences"] else OK


def _planned(arguments: argparse.Namespace) -> tuple[WorkspaceFolder, Any]:
    from airflow_provider_segment.protocol.workspace.plan_workspace import plan_workspace

    folder = load_folder(arguments.folder, environment=arguments.environment)
    descriptions = supplied_descriptions(folder)
    with open_segment(folder.environment, connection_id=arguments.connection, quiet=arguments.quiet) as segment:
        how = _how(arguments, folder)
        return folder, segment.run(plan_workspace(segment.options, descriptions=descriptions, how=how))


def _apply(arguments: argparse.Namespace, style: text.Style) -> Output:
    from airflow_provider_segment.cli.report import applied_report, plan_report
    from airflow_provider_segment.protocol.workspace.apply_workspace import ApplyOptions, apply_workspace
    from airflow_provider_segment.protocol.workspace.plan_workspace import plan_workspace

    folder = load_folder(arguments.folder, environment=arguments.environment)
    descriptions = supplied_descriptions(folder)
    how = _how(arguments, folder)
    with open_segment(folder.environment, connection_id=arguments.connection, quiet=arguments.quiet) as segment:
        planned = segment.run(plan_workspace(segment.options, descriptions=descriptions, how=how))
        apply = ApplyOptions(stop_on_error=arguments.on_error == "stop")
        applied = segment.run(apply_workspace(segment.options, plan=planned, how=how, apply=apply))
    done = applied_report(applied)
    plan = plan_report(planned, folder.warnings)
    report = {"applied": done, "plan": plan}
    failed = any(one.result in ("failed", "skipped") for one in applied)
    shown = text.applied_text(done, style, plan=plan)
    return Output(status=ERROR if failed else OK, text=shown, report=report)


def _how(arguments: argparse.Namespace, folder: WorkspaceFolder) -> Any:
    from airflow_provider_segment.protocol.workspace.plan_workspace import PlanOptions

    return PlanOptions(
        workspace_id=folder.environment.workspace_id,
        max_prune=arguments.max_prune,
        rotate_secrets=arguments.rotate_secrets,
    )
