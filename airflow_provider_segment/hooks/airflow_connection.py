"""An opaque wrapper for Airflow connections, because the ``repr`` of a connection shows its password.

Reading one may fail inside Airflow after the password has been read, so Airflow's frames are removed from the errors.
"""

from __future__ import annotations

import sys
from typing import Any

from airflow.providers.common.compat.connection import get_async_connection, get_async_extra_dejson
from airflow.providers.common.compat.sdk import BaseHook

from airflow_provider_segment.hooks.connection_form import CONN_TYPE
from airflow_provider_segment.protocol.tracebacks import drop_frames, hides_frames
from airflow_provider_segment.transport.connection import SegmentConnection, parse_connection


class AirflowConnection:
    """An Airflow connection whose fields are hidden from crash reporters.

    :param conn_id: its id.
    """

    __slots__ = ("_conn_id", "_connection", "_extra")

    def __init__(self, conn_id: str) -> None:
        self._conn_id = conn_id
        self._connection: Any = None
        self._extra: Any = None

    @hides_frames
    def read(self, hook: type[BaseHook]) -> None:
        """Read the connection.

        :param hook: the hook that reads it.
        """
        self._connection = hook.get_connection(self._conn_id)

    async def read_async(self, hook: type[BaseHook]) -> None:
        """Read the connection without blocking the event loop, since Airflow may have to ask another process for it.

        :param hook: the hook that reads it.
        """
        before = sys.exception()
        try:
            self._connection = await get_async_connection(self._conn_id, hook=hook)
            self._extra = await get_async_extra_dejson(self._connection)
        except BaseException as error:
            drop_frames(error, until=before)
            raise

    @hides_frames
    def parse(self) -> SegmentConnection:
        """Parse the connection's fields.

        :raises ValueError: it is of another type, or a field is invalid; the message names the connection, the field,
            and what is allowed.
        """
        # Otherwise the password of any connection could be sent as the token.
        if (conn_type := self._connection.conn_type) != CONN_TYPE:
            raise ValueError(f"connection {self._conn_id!r} is of type {conn_type!r}; it must be of type {CONN_TYPE!r}")
        return parse_connection(
            conn_id=self._conn_id,
            host=self._connection.host,
            port=self._connection.port,
            password=self._connection.password,
            extra=self._connection.extra_dejson if self._extra is None else self._extra,
        )
