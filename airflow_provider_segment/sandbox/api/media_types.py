"""Versioned media types: ``application/vnd.segment.v1alpha+json`` and the like, both ways."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from airflow_provider_segment.sandbox import decisions
from airflow_provider_segment.sandbox.errors import ApiError
from airflow_provider_segment.sandbox.responses import PLAIN_JSON

Stage = Literal["v1", "beta", "alpha"]

_VERSIONS: dict[Stage, tuple[str, ...]] = {
    "v1": ("v1", "v1beta", "v1alpha"),
    "beta": ("v1beta", "v1alpha"),
    "alpha": ("v1alpha",),
}
"""The versions an operation of each stage exists in, the most stable first."""

_OTHER_SPELLINGS = {"stable": "v1", "beta": "v1beta", "alpha": "v1alpha"}

_VERSIONED = re.compile(r"application/vnd\.segment\.([a-z0-9]+)\+json")


def answer_type(accept: str | None, *, stage: Stage) -> str:
    """Choose the media type of an answer.

    :param accept: the ``Accept`` header, if any.
    :param stage: of the operation.
    :return: the versioned type asked for, in the spelling it was asked in; plain JSON when that was asked for; the most
        stable version when anything will do.
    :raises ApiError: when nothing that was asked for exists.
    """
    anything = f"application/vnd.segment.{_VERSIONS[stage][0]}+json"
    if accept is None or not accept.strip():
        return anything
    for media_type in _by_preference(accept):
        if media_type in ("*/*", "application/*"):
            return anything
        if media_type == PLAIN_JSON or _exists(media_type, stage):
            return media_type
    raise ApiError(decisions.NO_SUCH_VERSION_STATUS, "This operation does not exist in the version asked for")


def check_body_type(content_type: str | None, *, stage: Stage) -> None:
    """Check the ``Content-Type`` of a request that has a body.

    :raises ApiError: when it is neither JSON nor a version the operation exists in.
    """
    if content_type is None or not content_type.strip():
        return
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != PLAIN_JSON and not _exists(media_type, stage):
        raise ApiError(decisions.UNKNOWN_CONTENT_TYPE_STATUS, "This operation does not take this type of body")


def _exists(media_type: str, stage: Stage) -> bool:
    found = _VERSIONED.fullmatch(media_type)
    return found is not None and _OTHER_SPELLINGS.get(found[1], found[1]) in _VERSIONS[stage]


def _by_preference(accept: str) -> Iterator[str]:
    ranked: list[tuple[float, str]] = []
    for item in accept.lower().split(","):
        media_type, *parameters = (part.strip() for part in item.split(";"))
        ranked.append((_quality(parameters), media_type))
    ranked.sort(key=lambda pair: -pair[0])
    return (media_type for quality, media_type in ranked if quality > 0)


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if re.fullmatch(r"q=[0-9.]+", parameter):
            try:
                return float(parameter[2:])
            except ValueError:
                return 1.0
    return 1.0
