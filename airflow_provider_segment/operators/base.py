"""The base class of all operators: the connection, secrets in settings, and running a flow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from airflow.providers.common.compat.sdk import AirflowFailException, BaseOperator

from airflow_provider_segment.hooks.connection_form import DEFAULT_CONN_ID
from airflow_provider_segment.lineage.datasets import DestinationLineage
from airflow_provider_segment.links.segment import SegmentDestinationsLink
from airflow_provider_segment.secrets import ReadSecret, placeholder, replace_references, secret_reader
from airflow_provider_segment.templating import CheckedArguments, ResolveArgument

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow

DEFAULT_POOL = "default_pool"
"""Airflow's default pool."""

RETURN_VALUE = "return_value"
"""The XCom key of a task's return value; Airflow 2.11 and 3 define it in different modules."""

P = ParamSpec("P")
T = TypeVar("T")


class SegmentOperator(DestinationLineage, CheckedArguments, BaseOperator):
    """Base class of the operators.

    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    """

    template_fields: Sequence[str] = ("segment_conn_id",)
    template_fields_renderers = {"settings": "json"}  # noqa: RUF012 - as Airflow declares it
    operator_extra_links = (SegmentDestinationsLink(),)
    #: The arguments of an update, of which at least one must be set; empty for the other operators.
    changeable: Sequence[str] = ()
    #: The link to Segment, once it is stored.
    stored_link = ""
    #: What to do about long waits for rate limits.
    pool_advice = "run tasks that write to Segment in a pool with one or two slots"
    ui_color = "#52bd94"
    ui_fgcolor = "#000000"

    def __init__(self, *, segment_conn_id: str = DEFAULT_CONN_ID, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.segment_conn_id = segment_conn_id

    def execute(self, context: Context) -> Any:
        """Do the operator's work; fail without a retry if a retry cannot fix the error.

        :param context: the task's context.
        :raises AirflowFailException: a retry cannot fix the error, which is its ``__cause__``.
        """
        return self.perform_or_fail(context)

    def perform_or_fail(self, context: Context) -> Any:
        """Do the operator's work, and fail without a retry if a retry cannot fix the error.

        :param context: the task's context.
        """
        try:
            return self.perform(context)
        except Exception as error:
            from airflow_provider_segment.protocol.errors import is_final_error

            if is_final_error(error):
                raise AirflowFailException(str(error)) from error
            raise

    def perform(self, context: Context) -> Any:
        """Do the operator's work; each operator implements this.

        :param context: the task's context.
        """
        raise NotImplementedError

    def check_combination(self) -> None:
        """Check that an update changes at least one field."""
        super().check_combination()
        if self.changeable and all(getattr(self, argument) is None for argument in self.changeable):
            raise ValueError(f"nothing to update; pass at least one of {', '.join(self.changeable)}")

    def changes(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the new values of the fields to update, keyed by argument.

        :param values: the checked arguments.
        """
        return {argument: values[argument] for argument in self.changeable if argument in values}

    def render_template(self, content: Any, context: Any, jinja_env: Any = None, seen_oids: Any = None) -> Any:
        """Render an argument, and mask its sensitive values before Airflow stores the rendered fields."""
        # Not at the top: parsing a DAG file does not need it.
        from airflow_provider_segment.masking import mask_rendered_fields, numbers_as_strings

        rendered = super().render_template(content, context, jinja_env, seen_oids)
        mask_rendered_fields(content, rendered)
        return numbers_as_strings(rendered)

    def argument_resolver(self, *, running: bool) -> ResolveArgument:
        """Return a function that replaces each ``SecretRef`` in an argument with its secret.

        :param running: whether to read the secrets; otherwise placeholders are used.
        """
        read = secret_reader() if running else placeholder
        return lambda argument, value: self.resolve_argument(argument, value, read)

    def resolve_argument(self, argument: str, value: Any, read: ReadSecret) -> Any:
        """Replace each ``SecretRef`` in an argument with its secret.

        :param argument: the argument's name.
        :param value: its value.
        :param read: reads a secret.
        """
        return replace_references(argument, value, read) if argument == "settings" else value

    def run_flow(
        self, context: Context, flow: Callable[Concatenate[CallOptions, P], Flow[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Store the task's link to Segment, then run a flow with a hook.

        :param context: the task's context.
        :param flow: a function of the call options and further arguments.
        """
        # Not at the top: a DAG file that imports operators must not load an HTTP library.
        from airflow_provider_segment.hooks.segment import SegmentPublicApiHook

        with SegmentPublicApiHook(segment_conn_id=self.segment_conn_id) as hook:
            self.stored_link = SegmentDestinationsLink.persist(context, hook.segment_connection.base_url)
            options = replace(hook.options, pending_age=self.pending_age(context))
            return hook.driver.run(self._with_advice(flow)(options, *args, **kwargs))

    def pending_age(self, context: Context) -> float:
        """Return the minimum age, in seconds, of any write that may still be in flight; 0 if unknown.

        :param context: the task's context.
        """
        return earlier_try_age(context)

    def _with_advice(
        self, flow: Callable[Concatenate[CallOptions, P], Flow[T]]
    ) -> Callable[Concatenate[CallOptions, P], Flow[T]]:
        """Return the flow function, wrapped to warn before a long wait if the task runs in Airflow's default pool."""
        from airflow_provider_segment.protocol.flow.deferral import with_advice

        if self.pool != DEFAULT_POOL:
            return flow
        advice = f"while this task waits, it occupies a slot in {DEFAULT_POOL}; {self.pool_advice}"

        def advised(options: CallOptions, /, *args: P.args, **kwargs: P.kwargs) -> Flow[T]:
            return with_advice(flow(options, *args, **kwargs), advice)

        return advised


def earlier_try_age(context: Context) -> float:
    """Return a lower bound, in seconds, on the time since the previous try of this task ended; 0 if unknown.

    Airflow starts a retry ``retry_delay`` after the previous try ended or was found dead. A cleared task starts at
    once, and its ``max_tries`` exceeds its ``retries``.

    :param context: the task's context.
    """
    ti, task = context.get("ti"), context.get("task")
    if task is None or getattr(ti, "max_tries", None) != task.retries or getattr(task, "retry_policy", None):
        return 0.0
    delays = (task.retry_delay, task.max_retry_delay or task.retry_delay)
    return min(delay.total_seconds() if isinstance(delay, timedelta) else float(delay) for delay in delays)


def is_retry(context: Context) -> bool:
    """Return whether this is a retry, in which case a request of an earlier try may still be in flight.

    :param context: the task's context.
    """
    return getattr(context.get("ti"), "try_number", 1) > 1


def push_ignored(context: Context, ignored: Sequence[str]) -> None:
    """Push the labels of the settings that Segment ignored, if any, to XCom under the key ``ignored``.

    :param context: the task's context.
    :param ignored: their labels.
    """
    if ignored and "ti" in context:
        context["ti"].xcom_push(key="ignored", value=list(ignored))


def push_result(task: SegmentOperator, context: Context, result: Mapping[str, Any]) -> None:
    """Push the result of a failing task to XCom; Airflow itself pushes only the results of tasks that succeed.

    :param task: the task.
    :param context: the task's context.
    :param result: what the task would have returned.
    """
    ti = context.get("ti")
    if ti is None or not task.do_xcom_push:
        return
    try:
        for key, value in result.items() if task.multiple_outputs else ():
            ti.xcom_push(key=key, value=value)
        ti.xcom_push(key=RETURN_VALUE, value=result)
    except Exception as error:  # noqa: BLE001 - any kind of XCom backend; the drift must be reported
        task.log.warning("The result could not be pushed to XCom: %s", error)
