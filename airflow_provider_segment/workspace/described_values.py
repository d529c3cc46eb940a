"""Descriptions passed as values in a DAG file instead of in spec files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow_provider_segment.protocol.arguments import check_settings, parse_json
from airflow_provider_segment.protocol.workspace.description import DestinationDescription
from airflow_provider_segment.workspace.problems import Problem, WorkspaceFilesError
from airflow_provider_segment.workspace.spec_file import parse_description, repeated_descriptions


def check_descriptions(argument: str, value: Any) -> tuple[DestinationDescription, ...]:
    """Return the descriptions in a list.

    :param argument: the argument's name.
    :param value: dicts with the keys of a spec file, or a string holding such a JSON array.
    :raises ValueError: the message lists every problem.
    """
    if isinstance(value, str):
        value = parse_json(argument, value, allowed="a list of dicts or a JSON array as a string")
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ValueError(f"{argument} is a {type(value).__name__}; it must be a list of dicts")
    problems: list[Problem] = []
    descriptions: list[DestinationDescription] = []
    for number, entry in enumerate(value):
        label = f"{argument}[{number}]"
        try:
            descriptions.append(parse_description(check_settings(label, entry), path=label))
        except WorkspaceFilesError as error:
            problems.extend(error.problems)
        except ValueError as error:
            problems.append(Problem(path=label, message=str(error).removeprefix(f"{label} ")))
    problems.extend(repeated_descriptions(descriptions))
    if problems:
        raise WorkspaceFilesError(problems)
    return tuple(descriptions)
