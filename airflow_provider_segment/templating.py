"""Templates in arguments: what is known when the DAG is parsed, and what Airflow must not render.

Shared by the operators, the sensor and the notifiers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from airflow_provider_segment.protocol.arguments import check_name
from airflow_provider_segment.protocol.secret_str import NumberString

# A mixin: operators, sensors and notifiers have different bases.
if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import XComArg
    from airflow.sdk.definitions._internal.templater import Templater as _Base  # what all of them are

    #: A text, a template that renders to it, or the output of a task.
    Text: TypeAlias = str | XComArg
    #: Settings, or what renders to the text of a JSON object.
    Settings: TypeAlias = dict[str, Any] | str | XComArg
else:
    _Base = object

SEGMENT_TEMPLATE_KEY = "@template"
"""Its value is written in the mapping language of Segment, which uses the same braces as Jinja."""

Check = Callable[[str, Any], Any]
ResolveArgument = Callable[[str, Any], Any]


def is_known(value: Any) -> bool:
    """Say whether an argument's value is known before its templates are rendered.

    :param value: as given in the DAG file.
    """
    if isinstance(value, str):
        return "{{" not in value and "{%" not in value
    if isinstance(value, Mapping):
        return all(map(is_known, value.values()))
    if isinstance(value, list | tuple | set):
        return all(map(is_known, value))
    return not hasattr(value, "resolve")  # as an XComArg has


class CheckedArguments(_Base):
    """Arguments that are checked when the DAG is parsed as far as they are known, and fully when the task runs.

    A subclass assigns its arguments in ``__init__`` and calls :meth:`check_known_arguments` at its end.
    """

    #: How each argument is checked; one that is ``None`` was not given, unless it is required.
    checks: Mapping[str, Check] = {}
    required: frozenset[str] = frozenset()
    segment_conn_id: str

    def check_combination(self) -> None:
        """Check which arguments were given together; nothing of their values."""

    def check_known_arguments(self) -> None:
        """Check the arguments as the DAG file gives them.

        :raises ValueError: naming the argument, what was given and what is allowed.
        """
        self.check_combination()
        resolve_argument = self.argument_resolver(running=False)
        for argument, check in self._checks():
            value = resolve_argument(argument, getattr(self, argument))
            if is_known(value):
                check(argument, value)

    def checked(self) -> dict[str, Any]:
        """Check the rendered arguments.

        :return: them by name, those not given left out.
        :raises ValueError: naming the argument, what was given and what is allowed.
        """
        self.check_combination()
        resolve_argument = self.argument_resolver(running=True)
        return {
            argument: check(argument, resolve_argument(argument, getattr(self, argument)))
            for argument, check in self._checks()
        }

    def argument_resolver(self, *, running: bool) -> ResolveArgument:
        """Make a function that puts values in place of objects that stand for them; here nothing does.

        :param running: whether the task runs; before that something of the same type must do.
        :return: a function of an argument's name and value, which it leaves as it is.
        """
        return lambda _, value: value

    def render_template(self, content: Any, context: Any, jinja_env: Any = None, seen_oids: Any = None) -> Any:
        """Render as Airflow does, but for what belongs to Segment's mapping language, at any depth."""
        if isinstance(content, NumberString):
            return content  # rendered already
        if not isinstance(content, dict) or SEGMENT_TEMPLATE_KEY not in content:
            return super().render_template(content, context, jinja_env, seen_oids)
        return {
            key: value if key == SEGMENT_TEMPLATE_KEY else self.render_template(value, context, jinja_env, seen_oids)
            for key, value in content.items()
        }

    def _checks(self) -> list[tuple[str, Check]]:
        given = [
            (argument, check)
            for argument, check in self.checks.items()
            if argument in self.required or getattr(self, argument) is not None
        ]
        return [*given, ("segment_conn_id", check_name)]
