"""Refusing to write settings without a secret that is not supplied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from airflow_provider_segment.protocol.provisioning.diff import Diff, setting_label
from airflow_provider_segment.protocol.provisioning.plan import Plan, Result
from airflow_provider_segment.protocol.provisioning.spec import SubscriptionSpec
from airflow_provider_segment.protocol.workspace.description import DestinationDescription, SubscriptionDescription


def check_secrets_to_write(
    description: DestinationDescription,
    subscriptions: Sequence[tuple[SubscriptionDescription, SubscriptionSpec]],
    plan: Plan,
) -> None:
    """Raise if a plan writes settings that contain a secret which is not supplied.

    A create needs every secret. An update of settings contains every described key, because Segment may replace the
    settings, and then a key that is left out would be deleted.

    :param description: the description of the destination, with the secrets that are supplied.
    :param subscriptions: the described subscriptions, each with the spec in the plan.
    :param plan: the plan.
    :raises ValueError: a secret is missing; the message names each setting and its alias.
    """
    problems = [*_problems("", description.unsupplied, plan.destination.result, plan.destination.diff)]
    described = {id(spec): one for one, spec in subscriptions}
    for part in plan.subscriptions:
        if part.spec is not None:
            one = described[id(part.spec)]
            problems += _problems(f"{one.label}: ", one.unsupplied, part.result, part.diff)
    if problems:
        raise ValueError(f"{'; '.join(problems)}; create its connection, or name another one in the environment")


def _problems(label: str, unsupplied: Mapping[str, str], result: Result, diff: Diff) -> Iterator[str]:
    created = result is Result.CREATED
    if not unsupplied or not (created or "settings" in diff.changes):
        return
    needs = " and ".join(
        f"{setting_label(key)} needs the secret {alias!r}, which is not supplied" for key, alias in unsupplied.items()
    )
    differing = ", ".join(change.field for change in diff.fields if change.hidden)
    reason = "" if created else f"{differing} differs, and every write of settings contains all of them, but "
    yield f"{label}{reason}{needs}"
