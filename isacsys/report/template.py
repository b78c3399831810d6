"""The templates of pages: Jinja2, every text escaped, style and scripts within the page."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from isacsys.core.errors import IsacError
from isacsys.report.content import visible


def template(name: str) -> Any:
    """Return a template of this folder. Raises IsacError where Jinja2 is missing."""
    try:
        import jinja2
        import markupsafe
    except ImportError:
        raise IsacError("reports need Jinja2: pip install \"isacsys[report]\"") from None
    environment = jinja2.Environment(loader=jinja2.PackageLoader("isacsys.report", ""), autoescape=True,
                                     undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    folder = files("isacsys.report")
    environment.filters["visible"] = visible
    environment.filters["lines"] = lambda text: "\n".join(map(visible, str(text).splitlines()))
    table = environment.get_template("table.html.j2")
    environment.globals.update({
        "show": lambda shown: markupsafe.Markup(table.render(table=shown)),
        **{name: markupsafe.Markup(folder.joinpath(file).read_text(encoding="utf-8")) for name, file in (
            ("style", "page.css"), ("script", "page.js"), ("player_style", "player.css"),
            ("player_script", "player.js"))}})
    return environment.get_template(name)
