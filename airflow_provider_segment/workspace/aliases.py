"""Reading the secrets that aliases refer to."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from airflow_provider_segment.workspace.environment import Environment

if TYPE_CHECKING:
    from airflow_provider_segment.protocol.secret_str import SecretStr
    from airflow_provider_segment.protocol.workspace.description import DestinationDescription, ReadAlias
    from airflow_provider_segment.workspace.folder import WorkspaceFolder


def alias_reader(environment: Environment) -> ReadAlias:
    """Return a function that reads the secret of an alias and returns ``None`` if the connection does not exist.

    The function raises ``ValueError`` if the connection exists but the field is empty.

    :param environment: the environment, which maps aliases to connections and fields.
    """
    from airflow.providers.common.compat.sdk import AirflowNotFoundException

    from airflow_provider_segment.secrets import secret_reader

    read_reference = secret_reader()

    @functools.cache
    def read(alias: str) -> SecretStr | str | None:
        try:
            return read_reference(f"secret {alias!r}", environment.secret(alias))
        except AirflowNotFoundException:
            return None

    return read


def supplied_descriptions(folder: WorkspaceFolder) -> list[DestinationDescription]:
    """Return a folder's descriptions with secrets filled in; no connection is read unless a secret is used.

    :param folder: the folder.
    """
    from airflow_provider_segment.protocol.workspace.description import supply_secrets

    if not any(one.aliases for one in folder.descriptions):
        return list(folder.descriptions)
    read = alias_reader(folder.environment)
    return [supply_secrets(one, read) for one in folder.descriptions]
