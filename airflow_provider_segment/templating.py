"""Templated arguments: which values are known when the DAG is parsed, and which ones Airflow must not render.

Shared by the operators, the sensor and the notifiers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from airflow_provider_segment.protocol.arguments import check_id, check_name, check_reference
from airflow_provider_segment.protocol.key_path import KeyPath, is_below
from airflow_provider_segment.protocol.secret_str import NumberString

# A mixin: operators, sensors and notifiers have different bases.
if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import XComArg
    from airflow.sdk.definitions._internal.templater import Templater as _Base  # the common base of all of them

    #: A string, a template that renders to one, or the output of a task.
    Text: TypeAlias = str | XComArg
    #: Settings, or a template that renders to a string holding a JSON object.
    Settings: TypeAlias = dict[str, Any] | str | XComArg
else:
    _Base = object

SEGMENT_TEMPLATE_KEYS = frozenset({"@template", "@liquid"})
"""Keys whose values are written in Segment's mapping language, which uses the same braces as Jinja."""

Check = Callable[[str, Any], Any]
ResolveArgument = Callable[[str, Any], Any]


def is_literal(value: Any) -> bool:
    """Return whether a value is known before templates are rendered.

    :param value: an argument as the DAG file sets it.
    """
    if isinstance(value, str):
        return not any(mark in value for mark in ("{{", "{%", "{#"))
    if isinstance(value, Mapping):
        return all(map(is_literal, value.values()))
    if isinstance(value, list | tuple | set):
        return all(map(is_literal, value))
    # An XComArg and a literal have it; Airflow calls a function that is passed as an argument.
    return not hasattr(value, "resolve") and (isinstance(value, type) or not callable(value))


def unknown_paths(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the paths in an argument whose values are known only after templates are rendered.

    :param value: an argument as the DAG file sets it.
    :param path: keys and indexes that lead to it.
    """
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from unknown_paths(item, (*path, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from unknown_paths(item, (*path, index))
    elif not is_literal(value):
        yield path


_CAUSE = "; the task it refers to may have been skipped, or returned nothing"


def _empty_selections(value: Any, keys: frozenset[str], path: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the paths, in a list of dicts, at which one of ``keys`` has the value ``None`` or ``"None"``."""
    for index, entry in enumerate(value if isinstance(value, list | tuple) else ()):
        for key in keys & entry.keys() if isinstance(entry, Mapping) else ():
            if entry[key] is None or entry[key] == "None":
                yield (*path, index, key)


def _mapped_task(kwargs: Mapping[str, Any]) -> Any:
    """Return the mapped task for which Airflow creates an operator with these arguments; ``None`` if it is unknown."""
    dag = kwargs.get("dag")
    return None if dag is None else dag.task_dict.get(kwargs.get("task_id"))


def _mapped_to_none(kwargs: Mapping[str, Any]) -> list[str]:
    """Return the names of the arguments that ``expand``, not ``partial``, sets to ``None``.

    :param kwargs: the arguments with which Airflow creates the operator of a mapped task.
    """
    partial = getattr(_mapped_task(kwargs), "partial_kwargs", {})
    return [name for name, value in kwargs.items() if value is None and name not in partial]


def _mapped_from_xcom(kwargs: Mapping[str, Any]) -> frozenset[int]:
    """Return the ``id()`` of each value that ``expand_kwargs`` took from XCom; Airflow would render it as a template.

    Airflow itself leaves alone what ``expand`` takes from XCom.

    :param kwargs: the arguments with which Airflow creates the operator of a mapped task.
    """
    mapped = _mapped_task(kwargs)
    source = getattr(getattr(mapped, "expand_input", None), "value", None)
    if source is None or isinstance(source, Mapping):
        return frozenset()
    literal = [entry for entry in source if isinstance(entry, Mapping)] if isinstance(source, list | tuple) else []
    in_the_dag_file = {id(value) for entry in (*literal, mapped.partial_kwargs) for value in entry.values()}
    return frozenset(map(id, kwargs.values())) - in_the_dag_file


class CheckedArguments(_Base):
    """A mixin that checks known arguments when the DAG is parsed, and all arguments when the task runs.

    A subclass sets ``argument_checks``, from which ``template_fields`` follows, assigns its arguments in ``__init__``
    and calls :meth:`check_literal_arguments` at the end of it.
    """

    #: The check of each argument. An optional argument that is ``None`` is not set.
    argument_checks: Mapping[str, Check] = {}
    required: frozenset[str] = frozenset()
    #: Keys inside an argument that select an object.
    selecting_keys: frozenset[str] = frozenset()
    segment_conn_id: str
    _unknown: Mapping[str, frozenset[KeyPath]] = {}
    _from_xcom: frozenset[int] = frozenset()

    def __new__(cls, *_: Any, **kwargs: Any) -> Self:
        """Raise if task mapping passed ``None`` for an id or a name, which would look as if the argument were not set.

        :param kwargs: the operator's arguments; Airflow marks an operator that it creates for a mapped task.
        """
        if kwargs.get("_airflow_from_mapped"):
            for argument in _mapped_to_none(kwargs):
                if cls._is_string(argument):
                    raise ValueError(f"{argument} was set by task mapping, but the mapped value is None{_CAUSE}")
        created = super().__new__(cls)
        if kwargs.get("_airflow_from_mapped"):
            # Airflow's own __setattr__ works only after __init__.
            object.__setattr__(created, "_from_xcom", _mapped_from_xcom(kwargs))
        return created

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "argument_checks" in cls.__dict__ and "template_fields" not in cls.__dict__:
            cls.template_fields = (*cls.argument_checks, "segment_conn_id")

    def check_combination(self) -> None:
        """Check the combination of arguments that are set, without checking their values."""

    def check_literal_arguments(self) -> None:
        """Check the arguments whose values are known when the DAG is parsed.

        :raises ValueError: an argument is invalid; the message names the task, the argument, its value and what is
            allowed.
        """
        try:
            self.check_known_arguments()
        except ValueError as error:
            # Airflow shows an import error with the DAG file, but a loop in the file may create many tasks.
            if (task_id := getattr(self, "task_id", None)) is not None:
                error.args = (f"task {task_id!r}: {error}", *error.args[1:])
            raise

    def check_known_arguments(self) -> dict[str, Any]:
        """Check the arguments whose values are known when the DAG is parsed, without naming the task in errors.

        :return: the checked values of those that are set and known.
        """
        self.check_combination()
        resolve_argument = self.argument_resolver(running=False)
        known = {}
        for argument, check in self._checks():
            value = resolve_argument(argument, getattr(self, argument))
            if is_literal(value):
                known[argument] = check(argument, value)
        paths = {argument: frozenset(unknown_paths(getattr(self, argument))) for argument in self.argument_checks}
        self._unknown = {argument: found for argument, found in paths.items() if found}
        return known

    def checked(self) -> dict[str, Any]:
        """Check the rendered arguments, and return a dict of those that are set.

        :raises ValueError: an argument is invalid; the message names it, its value and what is allowed.
        """
        for argument in self._unknown:
            self._check_rendered(argument)
        self.check_combination()
        resolve_argument = self.argument_resolver(running=True)
        return {
            argument: check(argument, resolve_argument(argument, getattr(self, argument)))
            for argument, check in self._checks()
        }

    def templated_paths(self, argument: str) -> frozenset[KeyPath]:
        """Return the paths of the values in an argument that were rendered from templates.

        :param argument: the argument's name.
        """
        return self._unknown.get(argument, frozenset())

    def argument_resolver(self, *, running: bool) -> ResolveArgument:
        """Return a function that replaces references in an argument with their values; by default, it changes nothing.

        :param running: whether the task runs; until then, a placeholder of the same type is enough.
        :return: a function of an argument's name and value, which it does not modify.
        """
        return lambda _, value: value

    def render_template(self, content: Any, context: Any, jinja_env: Any = None, seen_oids: Any = None) -> Any:
        """Render a value as Airflow does, but leave mapped XCom values and Segment's mapping expressions unchanged."""
        if isinstance(content, NumberString) or id(content) in self._from_xcom:
            return content  # rendered already, or data
        if isinstance(content, str) and is_literal(content):
            return content  # Jinja would remove a trailing newline, which a key file needs
        if not isinstance(content, dict) or not SEGMENT_TEMPLATE_KEYS & content.keys():
            return super().render_template(content, context, jinja_env, seen_oids)
        if seen_oids is not None and id(content) in seen_oids:
            return content  # a mapped value that was rendered already
        return {
            key: value if key in SEGMENT_TEMPLATE_KEYS else self.render_template(value, context, jinja_env, seen_oids)
            for key, value in content.items()
        }

    @classmethod
    def _is_string(cls, argument: str) -> bool:
        """Return whether an argument must be a non-empty string, such as an id or a name."""
        return cls.argument_checks.get(argument) in (check_id, check_name, check_reference)

    def _check_rendered(self, argument: str) -> None:
        """Raise if an argument was set but its template rendered to ``None``, which would otherwise count as unset."""
        value = getattr(self, argument)
        empty = (None, "None") if self._is_string(argument) else (None,)
        if value in empty:
            raise ValueError(f"{argument} was set, but its template rendered to {value!r}{_CAUSE}")
        for path in _empty_selections(value, self.selecting_keys):
            if is_below(path, self._unknown[argument]):
                label = "".join(f"[{part!r}]" for part in path)
                raise ValueError(f"{argument}{label} was set, but its template rendered to None{_CAUSE}")

    def _checks(self) -> list[tuple[str, Check]]:
        checks = [
            (argument, check)
            for argument, check in self.argument_checks.items()
            if argument in self.required or getattr(self, argument) is not None
        ]
        return [*checks, ("segment_conn_id", check_name)]
