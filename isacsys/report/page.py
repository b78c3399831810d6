"""From runs to one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from isacsys.campaign import Run, open_run
from isacsys.campaign.distributions import links_of
from isacsys.campaign.result import distinct_names
from isacsys.core.errors import ConfigError
from isacsys.core.version import version
from isacsys.network.receivers import ReceiverType
from isacsys.report.budget import budget
from isacsys.report.content import PageSection, page_path, template, visible, write_page
from isacsys.report.course import convergence, over_time, sensing
from isacsys.report.figures import again, differences, estimates, ladder, simulated
from isacsys.report.glance import at_a_glance
from isacsys.report.link_charts import distributions, interference, other_columns, over_users
from isacsys.report.player import LARGEST_RATE
from isacsys.report.scene import map_of

MOST_MAPS = 4


def write_report(runs: Sequence[Run | str | Path], output: str | Path) -> Path:
    """Write a report of one or several runs.

    Parameters
    ----------
    runs : sequence of Run or path
        Finished or not; others are compared with the first.
    output : path
        Where to write the page; ends with .html.

    Returns
    -------
    Path

    Raises
    ------
    ConfigError
        Where it cannot be written.
    LogFormatError
        Where there is no such run.
    """
    path = page_path(output)
    page = render(runs)
    return write_page(path, page)


def render(runs: Sequence[Run | str | Path]) -> str:
    """Return a report of one or several runs as HTML."""
    opened = [run if isinstance(run, Run) else open_run(run) for run in runs]
    if not opened:
        raise ConfigError("RUN.h5", [], "at least one run")
    names = distinct_names(opened)
    sections = [section for section in _sections(opened, names) if section]
    return str(
        template("page.html.j2").render(
            title=visible(", ".join(names)), version=version(), sections=sections, largest_rate=LARGEST_RATE
        )
    )


def _sections(runs: Sequence[Run], names: Sequence[str]) -> Iterator[PageSection]:
    first = at_a_glance(runs, names)
    yield first
    for run, name in list(zip(runs, names, strict=True))[:MOST_MAPS]:
        yield map_of(run, name, folded=bool(first.played))
    yield budget(runs, names)
    yield differences(runs, names)
    yield over_users(runs, names)
    links = links_of(runs, names)
    if links:
        yield distributions(links)
    else:
        yield PageSection("distributions", "Distributions", ["No links were recorded: recording.level = \"links\" or "
                                                         "\"full\" adds distributions and interference."])
    yield PageSection("users", "More about users", figures=other_columns(links, ReceiverType.USER))
    yield sensing(runs, names, links)
    if links:
        yield interference(links, any(run.scenario.sensing.inter_target_echo for run in runs))
    yield over_time(runs, names)
    yield convergence(runs, names)
    yield estimates(runs, names)
    yield ladder(runs, names)
    yield simulated(runs, names)
    yield again(runs, names)
