"""What all operators share: the connection, secrets in settings, and running a flow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_segment.hooks.connection_form import DEFAULT_CONN_ID
from airflow_provider_segment.lineage.datasets import DestinationLineage
from airflow_provider_segment.links.segment import SegmentDestinationsLink
from airflow_provider_segment.secrets import ReadSecret, placeholder, replace_references, secret_reader
from airflow_provider_segment.templating import CheckedArguments, ResolveArgument

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow

P = ParamSpec("P")
T = TypeVar("T")


class SegmentOperator(DestinationLineage, CheckedArguments, BaseOperator):
    """Base of the operators.

    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    """

    template_fields: Sequence[str] = ("segment_conn_id",)
    template_fields_renderers = {"settings": "json"}  # noqa: RUF012 - Airflow declares it as an instance's
    operator_extra_links = (SegmentDestinationsLink(),)
    ui_color = "#52bd94"
    ui_fgcolor = "#000000"

    def __init__(self, *, segment_conn_id: str = DEFAULT_CONN_ID, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.segment_conn_id = segment_conn_id

    def render_template(self, content: Any, context: Any, jinja_env: Any = None, seen_oids: Any = None) -> Any:
        """Render, and let Airflow mask what has a sensitive name before it stores the rendered fields."""
        # Only now: nothing of it is needed to parse a DAG file.
        from airflow_provider_segment.masking import mask_rendered_fields, numbers_as_strings

        rendered = super().render_template(content, context, jinja_env, seen_oids)
        mask_rendered_fields(content, rendered)
        return numbers_as_strings(rendered)

    def argument_resolver(self, *, running: bool) -> ResolveArgument:
        """Make a function that puts secrets in place of the references in settings.

        :param running: whether to read them.
        """
        read = secret_reader() if running else placeholder
        return lambda argument, value: self.resolve_argument(argument, value, read)

    def resolve_argument(self, argument: str, value: Any, read: ReadSecret) -> Any:
        """Put secrets in place of the references in an argument that may hold some.

        :param argument: its name.
        :param value: it.
        :param read: reads a secret.
        """
        return replace_references(argument, value, read) if argument == "settings" else value

    def run_flow(
        self, context: Context, flow: Callable[Concatenate[CallOptions, P], Flow[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a flow over a session of its own.

        :param context: of the task.
        :param flow: a function from terms and arguments to a flow.
        """
        # Only now: a DAG file that imports operators must not load an HTTP library.
        from airflow_provider_segment.hooks.segment import SegmentPublicApiHook

        with SegmentPublicApiHook(segment_conn_id=self.segment_conn_id) as hook:
            SegmentDestinationsLink.persist(context, hook.segment_connection.base_url)
            return hook.run(flow, *args, **kwargs)


def is_retry(context: Context) -> bool:
    """Say whether an earlier try of this task may have left something on its way.

    :param context: of the task.
    """
    return getattr(context.get("ti"), "try_number", 1) > 1
