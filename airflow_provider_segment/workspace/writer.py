"""Writing a spec file as YAML: keys in the given order, and quotes where a reader could misread a string."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from airflow_provider_segment.workspace.document import NUMBER

_WIDTH = 120


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    """PyYAML's safe dumper, without aliases and with quotes around strings that some readers take for numbers."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:  # noqa: FBT001, FBT002
        # Lists are indented, as most formatters write them.
        return super().increase_indent(flow, False)


def _represent_string(dumper: yaml.SafeDumper, text: str) -> Any:
    style = None
    if set(text) & _LINE_BREAKS:
        style = '"'  # escapes them; PyYAML's other styles would fold them to spaces
    elif "\n" in text:
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_LINE_BREAKS = {"\r", "\x85", "\u2028", "\u2029"}
_Dumper.add_representer(str, _represent_string)
_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", NUMBER, list("-+0123456789"))


def write_yaml(value: Mapping[str, Any]) -> str:
    """Return a document as YAML.

    :param value: plain JSON values, in the order to write.
    """
    text: str = yaml.dump(
        value, Dumper=_Dumper, allow_unicode=True, default_flow_style=False, sort_keys=False, width=_WIDTH
    )
    return text
