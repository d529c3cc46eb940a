"""Paths of routes, in which an id may be anything."""

from __future__ import annotations

from urllib.parse import quote, unquote

from starlette.convertors import Convertor, register_url_convertor

_NAME = "segment_sandbox_id"


class _Id(Convertor[str]):
    """One segment, percent-decoded after the path was taken apart. An empty one matches, to be refused as an id."""

    regex = "[^/]*"

    def convert(self, value: str) -> str:
        return unquote(value, errors="replace")

    def to_string(self, value: str) -> str:
        return quote(value, safe="")


register_url_convertor(_NAME, _Id())


def route_path(pattern: str) -> str:
    """Write a path such as ``/sources/{sourceId}`` for Starlette; a slash at its end, as all routed paths have one."""
    return pattern.replace("}", f":{_NAME}}}").removesuffix("/") + "/"
