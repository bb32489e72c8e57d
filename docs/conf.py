"""How Sphinx builds the documentation: ``make docs``, where every warning is an error."""

from __future__ import annotations

import logging

from flask_enum_migrate import __version__

logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells which plug-ins it loads

project = "Flask-Enum-Migrate"
author = "Flask-Enum-Migrate contributors"
copyright = author
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = project
html_copy_source = False

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

highlight_language = "none"
nitpicky = True
# What a command printed is shown as it is, also where it holds Python that a console has not.
suppress_warnings = ["misc.highlighting_failure"]

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"

# Names of the standard library and of Flask: no inventory is fetched while this is built.
nitpick_ignore_regex = [
    ("py:class", r"(collections\.abc|flask|pathlib)\..+|Flask|PathLike"),
]
