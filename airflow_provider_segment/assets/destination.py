"""URIs of destination assets: ``segment://destinations/<destination_id>?source=<source_id>``."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from airflow_provider_segment.protocol.arguments import check_id

if TYPE_CHECKING:
    from airflow.providers.common.compat.assets import Asset
    from airflow.providers.common.compat.openlineage.facet import Dataset

SCHEME = "segment"
_KIND = "destinations"


def destination_asset_uri(*, destination_id: str, source_id: str) -> str:
    """Return the URI of the asset that represents the deliveries from a source to a destination.

    :param destination_id: id of the destination.
    :param source_id: id of its source.
    :return: the URI, with both ids percent-encoded.
    :raises ValueError: an id is invalid.
    """
    path = quote(check_id("destination_id", destination_id), safe="")
    return f"{SCHEME}://{_KIND}/{path}?{urlencode({'source': check_id('source_id', source_id)})}"


def sanitize_uri(uri: SplitResult) -> SplitResult:
    """Check and normalise the URI of an asset; Airflow calls this when a DAG file is parsed.

    :param uri: the URI, with the scheme ``segment``.
    :raises ValueError: it is not the URI of one destination and its source.
    """
    if uri.netloc != _KIND:
        _reject(uri, f"has {uri.netloc!r} instead of {_KIND!r}")
    destination_id = uri.path.removeprefix("/")
    if not destination_id or "/" in destination_id:
        _reject(uri, "must contain exactly one destination id")
    query = parse_qsl(uri.query, keep_blank_values=True)
    if [name for name, _ in query] != ["source"] or not query[0][1]:
        _reject(uri, "needs the destination's source as its only query parameter")
    return urlsplit(destination_asset_uri(destination_id=unquote(destination_id), source_id=query[0][1]))


def convert_asset_to_openlineage(asset: Asset, _lineage_context: object) -> Dataset:
    """Return the OpenLineage dataset for a destination's asset, the same one that tasks report.

    The OpenLineage provider calls this.

    :param asset: the asset of a destination.
    :param _lineage_context: unused.
    """
    from airflow_provider_segment.lineage.datasets import dataset

    return dataset("destinations", unquote(urlsplit(asset.uri).path.removeprefix("/")))


def _reject(uri: SplitResult, reason: str) -> NoReturn:
    form = f"{SCHEME}://{_KIND}/<destination_id>?source=<source_id>"
    raise ValueError(f"the asset URI {uri.geturl()!r} {reason}; the expected form is {form}")
