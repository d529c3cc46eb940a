"""The traces of a task, by place, and the search for secrets in them."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

from airflow.providers.common.compat.sdk import DAG, BaseOperator
from airflow.serialization import serialized_objects
from airflow.serialization.helpers import serialize_template_field

from dev.secret_search import encodings

# Airflow 2.11 uses another name.
_NAME = "DagSerialization" if hasattr(serialized_objects, "DagSerialization") else "SerializedDAG"
_Dags: Any = getattr(serialized_objects, _NAME)


def serialised(dag: DAG) -> str:
    """Return the DAG as Airflow stores it."""
    return json.dumps(_Dags.to_dict(dag))


def deserialised(text: str) -> Any:
    """Return the DAG as the scheduler and the web server load it."""
    return _Dags.from_dict(json.loads(text))


def rendered(task: BaseOperator) -> str:
    """Return the fields as Airflow stores them for the page "Rendered Templates"."""
    return json.dumps({name: serialize_template_field(getattr(task, name), name) for name in task.template_fields})


def exceptions(error: BaseException | None) -> Iterator[str]:
    """Yield an exception with everything attached to it."""
    if error is not None:
        yield "".join(traceback.format_exception(error))
    while error is not None:
        yield f"{error!s} {error!r} {vars(error)!r} {error.args!r}"
        error = error.__cause__ or error.__context__


def places_of(secrets: Mapping[str, str], evidence: Mapping[str, str]) -> set[str]:
    """Return the places in which a secret is found.

    :param secrets: the secrets by name.
    :param evidence: the traces by place.
    :return: ``<name> in <place>``.
    """
    return {
        f"{name} in {place}"
        for name, secret in secrets.items()
        for place, text in evidence.items()
        if any(encoding in text for encoding in encodings(secret))
    }
