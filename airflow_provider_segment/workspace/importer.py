"""Writing imported destinations as spec files; a second import changes only what changed in Segment."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_provider_segment.protocol.workspace.description import DestinationDescription, SecretAlias
from airflow_provider_segment.protocol.workspace.import_destinations import Imported
from airflow_provider_segment.workspace.folder import SpecFile, WorkspaceFolder
from airflow_provider_segment.workspace.folder_files import ENVIRONMENTS
from airflow_provider_segment.workspace.format import SECRET_KEY
from airflow_provider_segment.workspace.merging import merge_spec
from airflow_provider_segment.workspace.variables import Substitution, escape_key, escape_value
from airflow_provider_segment.workspace.writer import write_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """The result of an import; paths are relative to the folder.

    :param created: new files.
    :param changed: files that were rewritten.
    :param unchanged: files that already described what exists.
    :param missing: files whose destination is not in Segment; they are left as they are.
    :param paths: the file of each destination.
    """

    created: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    missing: tuple[str, ...]
    paths: tuple[str, ...] = ()


def write_imported(root: Path, imported: Sequence[Imported], existing: WorkspaceFolder) -> ImportResult:
    """Write a spec file for each imported destination, unless its file is already up to date.

    :param root: the folder; created if it does not exist.
    :param imported: the destinations.
    :param existing: the current content of the folder.
    """
    files = {one.id: _find_file(one, existing.files) for one in imported}
    taken = {file.path.lower() for file in existing.files}
    new_paths = _new_paths([one for one in imported if files[one.id] is None], taken)
    created, changed, unchanged = [], [], []
    for one in imported:
        document = to_document(one.fields)
        file = files[one.id]
        if file is None:
            _write(root, new_paths[one.id], document)
            created.append(new_paths[one.id])
            continue
        resolved = Substitution(existing.environment.variables).apply(file.document)
        merged = merge_spec(file.document.value, resolved, document, one.fields, filters=one.with_filters)
        if merged == file.document.value:
            unchanged.append(file.path)
        else:
            _write(root, file.path, merged)
            changed.append(file.path)
    paths = [file.path if (file := files[one.id]) is not None else new_paths[one.id] for one in imported]
    known = {file.path for file in files.values() if file is not None}
    missing = [file.path for file in existing.files if file.path not in known and not file.description.removed]
    return ImportResult(
        created=tuple(created),
        changed=tuple(changed),
        unchanged=tuple(unchanged),
        missing=tuple(missing),
        paths=tuple(paths),
    )


def to_document(value: Any) -> Any:
    """Convert imported fields to the spec file format, escaping ``$`` sequences and encoding references to secrets.

    :param value: fields with secret aliases.
    """
    if isinstance(value, SecretAlias):
        return {SECRET_KEY: value.alias}
    if isinstance(value, Mapping):
        return {escape_key(key): to_document(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_document(item) for item in value]
    return escape_value(value)


def _find_file(one: Imported, files: Sequence[SpecFile]) -> SpecFile | None:
    by_id = next((file for file in files if file.description.id == one.id), None)
    return by_id or next((file for file in files if _describes(file.description, one)), None)


def _describes(description: DestinationDescription, one: Imported) -> bool:
    if description.id is not None or not one.name:
        return False
    return (
        description.source in (one.source, one.source_id)
        and description.type in (one.type, one.type_id)
        and one.name in (description.name, description.previous_name)
    )


def _new_paths(imported: Sequence[Imported], taken: set[str]) -> dict[str, str]:
    """Return the path of each destination's new file; if it is not unique, the destination's id is appended."""
    base = {one.id: _base_path(one) for one in imported}
    counts = Counter(path.lower() for path in base.values())
    return {
        one.id: f"{base[one.id]}.yaml"
        if counts[base[one.id].lower()] == 1 and f"{base[one.id]}.yaml".lower() not in taken
        else f"{base[one.id]}-{_file_name(one.id)}.yaml"
        for one in imported
    }


def _base_path(one: Imported) -> str:
    source = _file_name(one.source)
    folder = f"source-{source}" if source == ENVIRONMENTS else source
    return f"{folder}/{_file_name(one.type)}/{_file_name(one.name)}"


def _file_name(text: str) -> str:
    return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")[:80].strip("-") or "unnamed"


def _write(root: Path, path: str, value: Mapping[str, Any]) -> None:
    """Write a file atomically: an interruption leaves either the old or the new one."""
    text = write_yaml(value) if not path.endswith(".json") else json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(target.resolve() if target.is_symlink() else target)
