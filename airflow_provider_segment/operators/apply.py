"""The operator that brings a destination and its subscriptions to a described state.

https://docs.segmentapis.com/tag/Destinations
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_segment.operators.base import SegmentOperator, is_retry
from airflow_provider_segment.protocol.arguments import (
    check_count,
    check_flag,
    check_id,
    check_name,
    check_on_drift,
    check_settings,
)
from airflow_provider_segment.protocol.provisioning.spec import check_subscriptions
from airflow_provider_segment.secrets import ReadSecret, replace_references

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_segment.protocol.provisioning.apply import ApplyRequest
    from airflow_provider_segment.protocol.provisioning.plan import ApplySummary
    from airflow_provider_segment.templating import Settings, Text


class SegmentApplyDestinationOperator(SegmentOperator):
    """Bring a destination and its subscriptions to a described state: read, plan, log the plan, carry it out.

    What is as described already is not written. It is safe to break off at any call: a retry goes on from there. The
    order is: disable; create or change the destination; create, change, then remove subscriptions; enable. Of settings
    only the keys given are compared, a secret by the last characters that Segment shows. All arguments are templated,
    but a value under a key ``@template`` in settings is left alone.

    :param source_id: the source to connect it to, for life.
    :param metadata_id: the catalog id of its type, for life.
    :param name: display name, not empty; with the two above its identity.
    :param settings: by the keys of the catalog entry's options; a dict, or a template that renders to the text of a
        JSON object. Give secrets as :class:`~airflow_provider_segment.secrets.SecretRef`, here and in subscriptions.
    :param enabled: whether it receives data. Default ``True``.
    :param subscriptions: list of ``{"name", "action_id", "trigger", "enabled", "settings", "model_id",
        "reverse_etl_schedule"}``, of which the first three are needed. ``None`` (default) leaves them alone. Segment
        allows 5 a minute each to be created, changed and removed; the task waits for its turn.
    :param destination_id: the destination, where it is not to be found by its identity; ``name`` then renames it.
    :param prune_subscriptions: remove subscriptions that are not described. Default ``False``.
    :param max_prune: remove at most so many, default 10; more is an error before anything is written.
    :param on_drift: what to do about a difference: ``"fix"`` (default); ``"report"`` logs and returns the plan;
        ``"fail"`` raises ``SegmentDriftError``. The last two write nothing.
    :param rotate_secrets: write secrets also where Segment shows nothing to compare them by. Default ``False``.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :return: ``{"destination_id", "created", "changed": [field], "subscriptions": [{"name", "id", "action_id",
        "result"}], "ignored": [key]}``; ``ignored`` names read-only settings that did not take.
    :raises ValueError: an argument can't be right (when the DAG is parsed if it is known then), or what can't change
        would have to: source, type, action.
    :raises SegmentDriftError: something differs, with ``on_drift="fail"``; not retried.
    :raises SegmentSeveralMatchesError: several objects have the same identity.
    :raises SegmentPruneLimitError: more subscriptions would be removed than ``max_prune``.
    :raises SegmentError: Segment refused, or could not be reached within the connection's budgets.
    """

    template_fields: Sequence[str] = (
        "source_id",
        "metadata_id",
        "name",
        "settings",
        "enabled",
        "subscriptions",
        "destination_id",
        "prune_subscriptions",
        "max_prune",
        "on_drift",
        "rotate_secrets",
        *SegmentOperator.template_fields,
    )
    template_fields_renderers = {"settings": "json", "subscriptions": "json"}  # noqa: RUF012 - as Airflow declares it
    checks = {  # noqa: RUF012 - a constant of the class
        "source_id": check_id,
        "metadata_id": check_id,
        "name": check_name,
        "settings": check_settings,
        "enabled": check_flag,
        "subscriptions": check_subscriptions,
        "destination_id": check_id,
        "prune_subscriptions": check_flag,
        "max_prune": check_count,
        "on_drift": check_on_drift,
        "rotate_secrets": check_flag,
    }
    required = frozenset(checks) - {"subscriptions", "destination_id"}

    def __init__(
        self,
        *,
        source_id: Text,
        metadata_id: Text,
        name: Text,
        settings: Settings,
        enabled: bool | Text = True,
        subscriptions: Sequence[dict[str, Any]] | Text | None = None,
        destination_id: Text | None = None,
        prune_subscriptions: bool | Text = False,
        max_prune: int | Text = 10,
        on_drift: Text = "fix",
        rotate_secrets: bool | Text = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.source_id = source_id
        self.metadata_id = metadata_id
        self.name = name
        self.settings = settings
        self.enabled = enabled
        self.subscriptions = subscriptions
        self.destination_id = destination_id
        self.prune_subscriptions = prune_subscriptions
        self.max_prune = max_prune
        self.on_drift = on_drift
        self.rotate_secrets = rotate_secrets
        self.check_known_arguments()

    def resolve_argument(self, argument: str, value: Any, read: ReadSecret) -> Any:
        """Put secrets in place of the references in settings, those of the subscriptions too."""
        if argument != "subscriptions" or not isinstance(value, list | tuple):
            return super().resolve_argument(argument, value, read)
        return [_with_secrets(f"{argument}[{number}]", entry, read) for number, entry in enumerate(value)]

    def execute(self, context: Context) -> ApplySummary:
        """Read, plan, and carry the plan out."""
        from airflow_provider_segment.exceptions import SegmentDriftError
        from airflow_provider_segment.protocol.provisioning.apply import apply_destination

        values = self.checked()
        request = _application(values, wait_for_pending=is_retry(context))
        plan, summary = self.run_flow(context, apply_destination, request=request, write=values["on_drift"] == "fix")
        self.resolved_destination_id = summary["destination_id"]
        if values["on_drift"] == "fail" and not plan.is_empty:
            message = f"{request.spec.identity} is not as described; the plan is in the log"
            raise SegmentDriftError(message, plan=summary)
        return summary


def _with_secrets(where: str, entry: Any, read: ReadSecret) -> Any:
    if not isinstance(entry, Mapping) or "settings" not in entry:
        return entry
    return {**entry, "settings": replace_references(f"{where}['settings']", entry["settings"], read)}


def _application(values: dict[str, Any], *, wait_for_pending: bool) -> ApplyRequest:
    from airflow_provider_segment.protocol.provisioning.apply import ApplyRequest
    from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec

    return ApplyRequest(
        spec=DestinationSpec(
            source_id=values["source_id"],
            metadata_id=values["metadata_id"],
            name=values["name"],
            settings=values["settings"],
            enabled=values["enabled"],
        ),
        subscriptions=values.get("subscriptions"),
        destination_id=values.get("destination_id"),
        prune_subscriptions=values["prune_subscriptions"],
        max_prune=values["max_prune"],
        rotate_secrets=values["rotate_secrets"],
        wait_for_pending=wait_for_pending,
    )
