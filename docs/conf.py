"""Configuration of Sphinx, for ``make docs``."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

# Autodoc imports the package and with it Airflow, which creates its home directory on import.
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airflow-provider-segment-docs-")
atexit.register(shutil.rmtree, os.environ["AIRFLOW_HOME"], ignore_errors=True)
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = "sqlite://"

import airflow_provider_segment

project = "airflow-provider-segment"
author = "the authors"
version = release = airflow_provider_segment.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"Airflow provider for Segment {release}"
html_static_path = ["_static"]
html_css_files = ["wide.css"]
html_show_copyright = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# Show types in signatures; docstrings describe the arguments.
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
maximum_signature_line_length = 88
add_module_names = False
python_use_unqualified_type_names = True

nitpicky = True
# Names in signatures and docstrings that these pages do not document.
nitpick_ignore_regex = [
    ("py:class", r"(airflow|collections|contextlib|datetime|pathlib|types|typing)\..*"),
    (
        "py:class",
        r"(Any|AsyncIterator|Context|Iterator|Mapping|Path|Sequence|Settings|Text|Failures|datetime|timedelta)",
    ),
    ("py:class", r"(.*\.)?_\w+"),
    ("py:exc", r"(AirflowSensorTimeout|AirflowTaskTimeout|ValueError)"),
]


def resolve_by_name(app: Sphinx, env: BuildEnvironment, node: pending_xref, shown: nodes.TextElement) -> Any:
    """Resolve a name without its module, or with a module other than the public one."""
    python = env.domains.python_domain
    wanted = node["reftarget"].rpartition(".")[2]
    found = [name for name in python.objects if name.rpartition(".")[2] == wanted]
    if node["refdomain"] != "py" or len(found) != 1:
        return None
    return python.resolve_xref(env, node["refdoc"], app.builder, "obj", found[0], node, shown)


def setup(app: Sphinx) -> None:
    """Register the extension with Sphinx."""
    app.connect("missing-reference", resolve_by_name)
