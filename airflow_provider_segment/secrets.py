"""Secrets in settings: DAG files refer to them, and only a running task reads them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from airflow_provider_segment.protocol.secret_str import SecretStr
from airflow_provider_segment.protocol.tracebacks import hides_frames

_FIELDS = ("password", "login", "host", "schema")
_EXTRA = "extra."


ReadSecret: TypeAlias = "Callable[[str, SecretRef], SecretStr | str]"
"""A function of a reference's location, such as ``settings['apiKey']``, and the reference; returns its value."""


class SecretRef:
    """A reference to a secret in an Airflow connection, for use anywhere inside the ``settings`` of an operator.

    ``settings={"apiKey": SecretRef("analytics")}`` sends the connection's password. It is read when the task executes,
    and registered with Airflow's masker; Airflow only renders, stores and shows the reference. Only this object is a
    reference: a string or dict that looks like one is data, and a reference cannot be passed through XCom.

    :param conn_id: id of the Airflow connection, of any type; not templated.
    :param field: ``"password"`` (default), ``"login"``, ``"host"``, ``"schema"``, or ``"extra.<key>"`` for a key of
        the connection's extra; not templated.
    :raises ValueError: an argument is invalid.
    """

    # Not a dataclass, because Airflow would pass one through XCom. No method is named `resolve`, `serialize` or
    # `template_fields`, because Airflow uses these on any object in an argument.
    __slots__ = ("_conn_id", "_field")

    _conn_id: Final[str]
    _field: Final[str]

    def __init__(self, conn_id: str, field: str = "password") -> None:
        _check_string("conn_id", conn_id, "the id of an Airflow connection")
        allowed = f"one of {', '.join(map(repr, _FIELDS))}, or {_EXTRA + '<key>'!r}"
        _check_string("field", field, allowed)
        if field not in _FIELDS and (not field.startswith(_EXTRA) or field == _EXTRA):
            raise ValueError(f"field is {field!r}; it must be {allowed}")
        self._conn_id = conn_id
        self._field = field

    @property
    def conn_id(self) -> str:
        """The id of the Airflow connection."""
        return self._conn_id

    @property
    def field(self) -> str:
        """The connection field that holds the secret."""
        return self._field

    def __repr__(self) -> str:
        return f"SecretRef(conn_id={self.conn_id!r}, field={self.field!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SecretRef):
            return NotImplemented
        return (self.conn_id, self.field) == (other.conn_id, other.field)

    def __hash__(self) -> int:
        return hash((self.conn_id, self.field))


def replace_references(where: str, value: Any, read: ReadSecret) -> Any:
    """Return a copy of settings in which each reference is replaced by its value.

    :param where: name of the argument, for messages.
    :param value: settings from the DAG file; a reference in place of the whole settings is returned as it is.
    :param read: the function that reads a reference.
    :raises ValueError: the settings are nested too deeply.
    """
    try:
        return value if isinstance(value, SecretRef) else _replace(where, value, read)
    except RecursionError:
        raise ValueError(f"{where} is nested too deeply") from None


def placeholder(_where: str, _reference: SecretRef) -> SecretStr | str:
    """Return an empty string as a placeholder for a secret while the DAG is parsed."""
    return ""


def secret_reader() -> ReadSecret:
    """Return a function that reads secrets and registers them with Airflow's masker; it reads each connection once.

    The function raises ``ValueError`` if the field is empty or not a string, and Airflow's own error if the connection
    does not exist.
    """
    from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook

    from airflow_provider_segment.masking import mask_secrets

    get_connection = functools.cache(BaseHook.get_connection)

    @hides_frames
    def read(where: str, reference: SecretRef) -> SecretStr:
        try:
            connection = get_connection(reference.conn_id)
        except AirflowNotFoundException as error:
            raise AirflowNotFoundException(f"{where} is {reference}, which can't be read: {error}") from None
        except Exception as error:
            error.add_note(f"{where} is {reference}, which can't be read")
            raise
        key = reference.field.removeprefix(_EXTRA)
        secret = getattr(connection, key) if key == reference.field else connection.extra_dejson.get(key)
        if secret is None or secret == "":
            raise ValueError(f"{where} is {reference}, but this field of the connection is empty")
        if not isinstance(secret, str):
            raise ValueError(f"{where} is {reference}, which is of type {type(secret).__name__}; it must be a string")
        opaque = SecretStr(secret)
        mask_secrets([opaque])
        return opaque

    return read


def _replace(where: str, value: Any, read: ReadSecret) -> Any:
    if isinstance(value, SecretRef):
        return read(where, value)
    if isinstance(value, Mapping):
        return {key: _replace(f"{where}[{key!r}]", item, read) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_replace(f"{where}[{index}]", item, read) for index, item in enumerate(value)]
    return value


def _check_string(argument: str, value: Any, allowed: str) -> None:
    if not isinstance(value, str):
        raise ValueError(f"{argument} is of type {type(value).__name__}; it must be {allowed}")
    if not value.strip():
        raise ValueError(f"{argument} is empty; it must be {allowed}")
    if "{{" in value or "{%" in value or "{#" in value:
        raise ValueError(f"{argument} is {value!r}, but {argument} is not templated; it must be {allowed}")
