"""Versioned media types, such as ``application/vnd.segment.v1alpha+json``, in requests and responses."""

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
"""The versions that the operations of each stage have, most stable first."""

_VERSION_ALIASES = {"stable": "v1", "beta": "v1beta", "alpha": "v1alpha"}

_VERSIONED = re.compile(r"application/vnd\.segment\.([a-z0-9]+)\+json")


def media_types(stage: Stage) -> list[str]:
    """Return the media types that operations of a stability stage support, most stable version first."""
    return [f"application/vnd.segment.{version}+json" for version in _VERSIONS[stage]]


def response_media_type(accept: str | None, *, stage: Stage) -> str:
    """Return the media type of a response.

    :param accept: the ``Accept`` header, if any.
    :param stage: stage of the operation.
    :return: the accepted type with the highest quality: a versioned type as it was written, or plain JSON. If any type
        is accepted, the most stable version.
    :raises ApiError: if the operation has none of the accepted types.
    """
    most_stable = media_types(stage)[0]
    if accept is None or not accept.strip():
        return most_stable
    for media_type in _by_preference(accept):
        if media_type in ("*/*", "application/*"):
            return most_stable
        if media_type == PLAIN_JSON or _has_version(media_type, stage):
            return media_type
    raise ApiError(
        decisions.UNKNOWN_VERSION_STATUS, "This operation is not available in any of the accepted media types"
    )


def check_content_type(content_type: str | None, *, stage: Stage) -> None:
    """Check the ``Content-Type`` of a request with a body.

    :raises ApiError: if it is neither JSON nor a version that the operation has.
    """
    if content_type is None or not content_type.strip():
        return
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != PLAIN_JSON and not _has_version(media_type, stage):
        raise ApiError(decisions.UNKNOWN_CONTENT_TYPE_STATUS, "This operation does not accept this content type")


def _has_version(media_type: str, stage: Stage) -> bool:
    match = _VERSIONED.fullmatch(media_type)
    return match is not None and _VERSION_ALIASES.get(match[1], match[1]) in _VERSIONS[stage]


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
