"""The manual: built by ``tools/docs``."""

from isacsys import __version__

project, author, copyright = "isacsys", "the isacsys authors", "the isacsys authors"
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
html_theme, html_title = "furo", f"isacsys {release}"
html_show_sourcelink = False
myst_enable_extensions = ["dollarmath", "colon_fence", "fieldlist"]
myst_heading_anchors = 3
autodoc_member_order, autodoc_typehints = "bysource", "none"
napoleon_google_docstring, napoleon_use_rtype = False, False
nitpick_ignore_regex = [("py:(class|obj|data|exc)", ".*")]  # types in docstrings are words
default_role = "code"
