"""The failures that a notifier reacts to: the ``only_on`` argument."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException

if TYPE_CHECKING:
    from typing import TypeAlias

    from airflow.providers.common.compat.sdk import Context

    Failures: TypeAlias = type[BaseException] | str | Sequence[type[BaseException] | str] | None

AUTO = "auto"


def check_only_on(argument: str, value: Any) -> tuple[type[BaseException] | str, ...] | None:
    """Check the exceptions that a notifier reacts to.

    :param argument: name of the argument.
    :param value: ``"auto"``; or exception classes, or their dotted names; one or a sequence.
    :return: the classes and names; ``None`` for ``"auto"``.
    :raises ValueError: an argument is invalid; the message names it, its value and what is allowed.
    """
    if value == AUTO:
        return None
    entries = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    if not entries:
        raise ValueError(f"{argument} is empty; list at least one exception, or pass None for any failure")
    for entry in entries:
        if not (_is_exception(entry) or _is_dotted_name(entry)):
            raise ValueError(
                f"{argument} is {entry!r}; it must be 'auto', None, or one or more exception classes or dotted names,"
                " such as 'my_package.BadDataError'"
            )
    return tuple(entries)


def why_ignored(context: Context | Mapping[str, Any], only_on: tuple[type[BaseException] | str, ...] | None) -> str:
    """Return the reason for ignoring the failure in a callback's context, or an empty string if it is not ignored.

    By default every failure counts, with one exception: if the delivery sensor failed, only its verdict on failed
    deliveries counts, because a wrong token or a timeout says nothing about the data.

    :param context: the callback's context.
    :param only_on: the result of ``check_only_on``.
    """
    failure = context.get("exception")
    if only_on is None:
        if not _is_delivery_sensor(context.get("task")):
            return ""
        from airflow_provider_segment.exceptions import SegmentDeliveryFailedError

        only_on = (SegmentDeliveryFailedError,)
    if not isinstance(failure, BaseException):
        return "the callback's context has no exception"
    causes = list(_causes(failure))
    if any(_matches(cause, entry) for cause in causes for entry in only_on):
        return ""
    names = ", ".join(entry if isinstance(entry, str) else entry.__name__ for entry in only_on)
    return f"the task failed with {type(causes[-1]).__name__}, not with {names}"


def _causes(failure: BaseException) -> Iterator[BaseException]:
    """Yield a failure and, for an ``AirflowFailException``, the error it was raised from."""
    cause: BaseException | None = failure
    while cause is not None:
        yield cause
        cause = cause.__cause__ if isinstance(cause, AirflowFailException) else None


def _is_exception(entry: Any) -> bool:
    return isinstance(entry, type) and issubclass(entry, BaseException)


def _is_dotted_name(entry: Any) -> bool:
    return isinstance(entry, str) and entry != AUTO and all(part.isidentifier() for part in entry.split("."))


def _matches(failure: BaseException, entry: type[BaseException] | str) -> bool:
    if not isinstance(entry, str):
        return isinstance(failure, entry)
    return any(entry in _names(kind) for kind in type(failure).__mro__)


def _names(kind: type) -> set[str]:
    name = f"{kind.__module__}.{kind.__qualname__}"
    return {name, kind.__qualname__} if kind.__module__ == "builtins" else {name}


def _is_delivery_sensor(task: Any) -> bool:
    """Return whether a task is the delivery sensor, by comparing class names.

    The DAG processor passes a serialized task, which is not an instance of the sensor's class.
    """
    name = "SegmentDeliveryMetricsSensor"
    kinds = {kind.__name__ for kind in type(task).__mro__}
    return name in kinds or getattr(task, "task_type", None) == name
