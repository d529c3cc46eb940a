"""Human-readable output of commands: plain text, with colours on a terminal, and Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from airflow_provider_segment.protocol.phrases import counted
from airflow_provider_segment.protocol.printable import printable_lines
from airflow_provider_segment.protocol.provisioning.diff_report import field_text, new_field_text
from airflow_provider_segment.protocol.workspace.apply_descriptions import left_alone_text, unsupplied_text

_SIGNS = {"created": "+", "changed": "~", "removed": "-", "failed": "!", "kept": " ", "skipped": " "}
_COLOURS = {"created": "32", "changed": "33", "removed": "31", "failed": "31;1"}
_VERBS = {"created": "create", "changed": "change", "removed": "remove", "kept": "keep", "failed": "can't be planned"}


class Style:
    """The style of the output: coloured or plain text.

    :param colour: whether to colour.
    """

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour

    def result(self, result: str, text: str) -> str:
        """Return a line with the sign and colour of a result, such as a green ``+`` for ``created``.

        :param result: ``created``, ``changed``, …
        :param text: the line.
        """
        line = f"{_SIGNS[result]} {text}"
        code = _COLOURS.get(result)
        return f"\x1b[{code}m{line}\x1b[0m" if self._colour and code else line


def printable_report(value: Any) -> Any:
    """Return a report with terminal control characters escaped, because names may contain them.

    :param value: JSON values.
    """
    if isinstance(value, str):
        return printable_lines(value)
    if isinstance(value, Mapping):
        return {key: printable_report(item) for key, item in value.items()}
    return [printable_report(item) for item in value] if isinstance(value, list | tuple) else value


def plan_text(report: Mapping[str, Any], style: Style) -> str:
    """Return a plan as text.

    :param report: its JSON values.
    :param style: colours.
    """
    report = printable_report(report)
    lines: list[str] = []
    for one in report["destinations"]:
        lines += _destination_lines(one, style)
    if lines:
        lines.append("")
    lines += [f"warning: {warning}" for warning in report["warnings"]]
    lines += _information(report)
    lines.append(_total(report))
    return "\n".join(lines)


def drift_text(report: Mapping[str, Any], style: Style) -> str:
    """Return the result of a drift check as text.

    :param report: the JSON values of a drift check.
    :param style: colours.
    """
    report = printable_report(report)
    lines = [line for one in report["destinations"] for line in _destination_lines(one, style)]
    lines += _unsupplied(report)
    count = len(report["destinations"])
    differ = counted(count, "destination differs", "destinations differ")
    lines.append(f"{differ}, {counted(report['as_described'], 'is', 'are')} as described")
    return "\n".join(lines)


def plan_markdown(report: Mapping[str, Any]) -> str:
    """Return a plan as Markdown, for a comment on a pull request.

    :param report: its JSON values.
    """
    report = printable_report(report)
    lines = [f"**{_escape(_total(report))}**", ""]
    shown = [one for one in report["destinations"] if one["result"] != "kept"]
    if shown:
        lines += ["| Action | Destination | Change |", "|---|---|---|"]
    for one in shown:
        details = [*_field_lines(one), *map(_part_line, _parts(one)), *one["warnings"]]
        details += [one["error"]] if one["error"] else []
        cell = "<br>".join(map(_escape, details))
        lines.append(f"| {_VERBS[one['result']]} | {_escape(_title(one))} | {cell} |")
    information = [*(f"warning: {warning}" for warning in report["warnings"]), *_information(report)]
    if information := [line for line in information if line]:
        lines += ["", *(f"- {_escape(line)}" for line in information)]
    return "\n".join(lines)


def applied_text(applied: Sequence[Mapping[str, Any]], style: Style, *, plan: Mapping[str, Any]) -> str:
    """Return the results of an apply, and the warnings of its plan, as text.

    :param applied: its JSON values.
    :param style: colours.
    :param plan: the JSON values of the plan.
    """
    applied, plan = printable_report(applied), printable_report(plan)
    lines = [f"warning: {warning}" for warning in plan["warnings"]]
    lines += [f"{_title(one)}: warning: {warning}" for one in plan["destinations"] for warning in one["warnings"]]
    lines += _unsupplied(plan)
    for one in applied:
        if one["result"] != "kept":
            reason = f": {one['error']}" if one["error"] else ""
            lines.append(style.result(one["result"], f"{one['result']}  {one['path']}{reason}"))
    counts = Counter(one["result"] for one in applied)
    parts = [f"{count} {result}" for result, count in counts.items() if result != "kept"]
    lines.append(f"{', '.join(parts) or 'nothing written'}; {counts['kept']} unchanged")
    return "\n".join(lines)


def _destination_lines(one: Mapping[str, Any], style: Style) -> Iterator[str]:
    if one["result"] == "kept":
        yield from (f"  {_title(one)}: warning: {warning}" for warning in one["warnings"])
        return
    yield style.result(one["result"], f"{_VERBS[one['result']]}  {_title(one)}")
    if one["error"]:
        yield from (f"      {line}" for line in one["error"].splitlines())
    for text in _field_lines(one):
        yield f"      {text}"
    for part in _parts(one):
        yield f"    {style.result(part['result'], _part_head(part))}"
        for text in _field_lines(part):
            yield f"          {text}"
    yield from (f"      warning: {warning}" for warning in one["warnings"])


def _title(one: Mapping[str, Any]) -> str:
    name = one["name"] if one["name"] is not None else one["id"]
    return f"{name} ({one['path']})"


def _parts(one: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the subscriptions and filters, each with its label."""
    yield from ({**part, "label": f"subscription {part['name']}"} for part in one["subscriptions"])
    yield from ({**part, "label": f"filter {part['title']}"} for part in one["filters"])


def _part_head(part: Mapping[str, Any]) -> str:
    return f"{_VERBS[part['result']]} {part['label']}" + (f" ({part['id']})" if part["id"] else "")


def _part_line(part: Mapping[str, Any]) -> str:
    fields = ", ".join(_field_lines(part))
    return f"{_part_head(part)}{': ' if fields else ''}{fields}"


def _field_lines(one: Mapping[str, Any]) -> Iterator[str]:
    return map(new_field_text if one["result"] == "created" else field_text, one["changes"])


def _unsupplied(report: Mapping[str, Any]) -> Iterator[str]:
    secrets = Counter(one["alias"] for one in report["unsupplied_secrets"])
    if secrets:
        yield unsupplied_text(sorted(secrets))


def _information(report: Mapping[str, Any]) -> Iterator[str]:
    yield from _unsupplied(report)
    others = [f"{one['name'] or one['id']} ({one['source']}, {one['type']})" for one in report["undescribed"]]
    if others:
        yield left_alone_text(others)
    if report["forecast"]["limited_calls"]:
        calls, minutes = report["forecast"]["limited_calls"], report["forecast"]["minutes"]
        duration = f", about {minutes} min" if minutes else ""
        count = counted(calls, "subscription write")
        yield f"applying takes {count}{duration}; Segment allows 5 of each kind a minute"


def _total(report: Mapping[str, Any]) -> str:
    counts = Counter(one["result"] for one in report["destinations"])
    total = len(report["destinations"])
    if counts["kept"] == total:
        return f"no differences: {counted(total, 'destination is', 'destinations are')} as described"
    parts = [f"{counts[result]} to {verb}" for result, verb in list(_VERBS.items())[:3] if counts[result]]
    parts += [f"{counts['failed']} can't be planned"] if counts["failed"] else []
    return (
        f"{', '.join(parts)}; {counts['kept']} of {counted(total, 'destination is', 'destinations are')} as described"
    )


def _escape(text: str) -> str:
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "\\`")
