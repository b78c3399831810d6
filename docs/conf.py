"""The manual: built by ``tools/docs``."""

import sys
from pathlib import Path

from isacsys import __version__
from isacsys.config.catalogue import settings

sys.path.insert(0, str(Path(__file__).parents[1]))
from tools import gallery

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


def _before(app):
    """Make what pages show: every setting as text, and the pictures of the gallery."""
    made = Path(app.srcdir) / "_build"
    made.mkdir(exist_ok=True)
    (made / "settings.txt").write_text("\n\n".join(s.to_text() for s in settings()) + "\n", encoding="utf-8")
    gallery.make(made / "gallery")


def setup(app):
    """Tell Sphinx."""
    app.connect("builder-inited", _before)
