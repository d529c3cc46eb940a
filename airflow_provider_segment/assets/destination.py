"""A destination's asset: ``segment://destinations/<destination_id>?source=<source_id>``."""

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
    """Make the URI of the asset that stands for what a source delivers to a destination.

    :param destination_id: the destination.
    :param source_id: its source.
    :return: the URI, with both ids percent-encoded.
    :raises ValueError: an id can't be one.
    """
    path = quote(check_id("destination_id", destination_id), safe="")
    return f"{SCHEME}://{_KIND}/{path}?{urlencode({'source': check_id('source_id', source_id)})}"


def sanitize_uri(uri: SplitResult) -> SplitResult:
    """Check the URI of an asset and bring it into one form; Airflow calls it when a DAG file is parsed.

    :param uri: of the scheme ``segment``.
    :raises ValueError: it names anything else than one destination and its source.
    """
    if uri.netloc != _KIND:
        _refuse(uri, f"has {uri.netloc!r} in place of {_KIND!r}")
    destination_id = uri.path.removeprefix("/")
    if not destination_id or "/" in destination_id:
        _refuse(uri, "does not name one destination")
    query = parse_qsl(uri.query, keep_blank_values=True)
    if [name for name, _ in query] != ["source"] or not query[0][1]:
        _refuse(uri, "has a query that is not the destination's source alone")
    return urlsplit(destination_asset_uri(destination_id=unquote(destination_id), source_id=query[0][1]))


def convert_asset_to_openlineage(asset: Asset, _lineage_context: object) -> Dataset:
    """Give the dataset of the same destination as the tasks name it; the OpenLineage provider calls it.

    :param asset: whose URI is such a one.
    :param _lineage_context: not needed.
    """
    from airflow_provider_segment.lineage.datasets import dataset

    return dataset("destinations", unquote(urlsplit(asset.uri).path.removeprefix("/")))


def _refuse(uri: SplitResult, why: str) -> NoReturn:
    form = f"{SCHEME}://{_KIND}/<destination_id>?source=<source_id>"
    raise ValueError(f"the asset URI {uri.geturl()!r} {why}; the form is {form}")
