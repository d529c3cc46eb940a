"""Detecting secrets that a plan writes but that are not supplied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from airflow_provider_segment.protocol.provisioning.diff import Diff, setting_label
from airflow_provider_segment.protocol.provisioning.plan import Plan, Result
from airflow_provider_segment.protocol.workspace.description import DestinationDescription


def missing_secrets(description: DestinationDescription, plan: Plan) -> ValueError | None:
    """Return an error if a plan writes secrets that are not supplied, otherwise ``None``.

    A create needs every secret. An update of settings contains every described key, because Segment may replace the
    settings, which would delete a key that is left out.

    :param description: the description of the destination, with the secrets that are supplied.
    :param plan: its plan, with the place of each subscription among those that are not described as removed.
    :return: the error; its message names each setting and its alias.
    """
    problems = [*_problems("", description.unsupplied, plan.destination.result, plan.destination.diff)]
    described = [one for one in description.subscriptions or () if not one.removed]
    for place, part in zip(plan.places, plan.subscriptions, strict=True):
        if place is not None:
            one = described[place]
            problems += _problems(f"{one.label}: ", one.unsupplied, part.result, part.diff)
    if not problems:
        return None
    return ValueError(
        f"{'; '.join(problems)}; create the connection, or map the alias to another connection in the environment"
    )


def _problems(label: str, unsupplied: Mapping[str, str], result: Result, diff: Diff) -> Iterator[str]:
    created = result is Result.CREATED
    if not unsupplied or not (created or "settings" in diff.changes):
        return
    needs = " and ".join(
        f"{setting_label(key)} needs the secret {alias!r}, which is not supplied" for key, alias in unsupplied.items()
    )
    differing = ", ".join(change.field for change in diff.fields if change.hidden)
    reason = "" if created else f"{differing} differs, and settings can only be written as a whole, but "
    yield f"{label}{reason}{needs}"
