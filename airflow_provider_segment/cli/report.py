"""The JSON output of commands; the text output is built from it. Values of settings are never shown."""

from __future__ import annotations

from typing import Any

from airflow_provider_segment.protocol.provisioning.diff_report import field_differences
from airflow_provider_segment.protocol.provisioning.filter_plan import FilterStep
from airflow_provider_segment.protocol.provisioning.plan import Plan, Result
from airflow_provider_segment.protocol.workspace.plan import AppliedDestination, PlannedDestination, WorkspacePlan


def plan_report(plan: WorkspacePlan, warnings: tuple[str, ...]) -> dict[str, Any]:
    """Return a plan as JSON values.

    :param plan: the plan.
    :param warnings: warnings about the files.
    """
    return {
        "differences": not plan.is_empty,
        "destinations": [_destination(item) for item in plan.items],
        "undescribed": [
            {"id": one.id, "name": one.name, "source": one.source, "type": one.type} for one in plan.undescribed
        ],
        "unsupplied_secrets": [
            {"path": path, "place": place, "alias": alias} for path, place, alias in plan.unsupplied()
        ],
        "warnings": list(warnings),
        "forecast": {"limited_calls": plan.forecast.limited_calls, "minutes": plan.forecast.minutes},
    }


def applied_report(applied: tuple[AppliedDestination, ...]) -> list[dict[str, Any]]:
    """Return the results of an apply as JSON values.

    :param applied: the result for each destination.
    """
    return [
        {
            "path": one.path,
            "result": one.result,
            "summary": one.summary,
            "error": None if one.error is None else str(one.error),
        }
        for one in applied
    ]


def _destination(item: PlannedDestination) -> dict[str, Any]:
    report: dict[str, Any] = {
        "path": item.description.path,
        "name": item.description.name,
        "source": item.description.source,
        "type": item.description.type,
        "id": None if item.deleted is None else item.deleted["id"],
        "result": item.result,
        "changes": [],
        "subscriptions": [],
        "filters": [],
        "warnings": list(item.warnings),
        "error": None if item.error is None else str(item.error),
    }
    return report if item.plan is None else {**report, **_changes(item.plan)}


def _changes(plan: Plan) -> dict[str, Any]:
    return {
        "id": plan.destination.id,
        "changes": field_differences(plan.destination),
        "subscriptions": [
            {
                "name": part.name,
                "id": part.id,
                "action_id": part.action_id,
                "result": part.result.value,
                "changes": field_differences(part),
            }
            for part in plan.subscriptions
            if part.result is not Result.KEPT
        ],
        "filters": [
            {
                "title": part.title,
                "id": part.id,
                "result": part.step.result,
                "changes": field_differences(part),
            }
            for part in plan.filters
            if part.step is not FilterStep.KEEP
        ],
    }
