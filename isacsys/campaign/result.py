"""A run, finished or not, as a user sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from isacsys.campaign.estimates import Estimate, estimates
from isacsys.campaign.output import parts_directory, read_manifest, whole_parts
from isacsys.campaign.plan import HANDED, own_metrics, read_scenario
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Table
from isacsys.core.display import Shape, Shown, draw, figure, plus_minus, pretty_unit
from isacsys.core.errors import ConfigError, LogFormatError
from isacsys.metrics import METRICS, Estimator
from isacsys.recording import Log, MergedSources, Part, Source
from isacsys.recording.integrity import drop_range
from isacsys.recording.parts import SUFFIX
from isacsys.recording.schema import LEVELS

_NEVER_SERVED, _FEWEST_FRAMES = 0.05, 50  # share of the users; frames of a drop in which a user is served
_ATTEMPTS = 5
_SIGNATURE = b"\x89HDF\r\n\x1a\n"


class Run(Shown):
    """What was simulated: estimates and tables.

    Parameters
    ----------
    scenario : Scenario
        What was simulated.
    source : Source
        What was recorded.
    complete : bool
        Whether every drop that was asked for is there.
    attributes : dict, optional
        What the log says of itself.

    Examples
    --------
    >>> import isacsys
    >>> run = isacsys.run(isacsys.Scenario(), drops=2, executor="serial")
    >>> run["communication_ase"].unit
    'bit/s/Hz/km^2'
    """

    def __init__(self, scenario: Scenario, source: Source, *, complete: bool,
                 attributes: dict[str, Any] | None = None) -> None:
        self.scenario, self.complete = scenario, complete
        self.path: Path | None = None
        self.attributes = attributes or {}
        self._source = source

    @staticmethod
    def open(path: str | Path) -> Run:
        """Open a log, or what there is so far of one that is being made."""
        return open_run(path)

    def __getitem__(self, metric: str) -> Estimate:
        if metric not in self.known_metrics:
            raise ConfigError("metric", metric, f"one of {', '.join(self.known_metrics)}")
        return self.metrics.get(metric) or Estimate(None, None, self.known_metrics[metric].unit)  # it does not apply

    def __repr__(self) -> str:
        return f"<Run of {self.drops} drops{'' if self.complete else ', unfinished'}>"

    def shape(self) -> Shape:
        """Return what was simulated, and the estimates that mean something."""
        rows = [(name, figure(e.mean), plus_minus(e.half_width, e.mean),
                 pretty_unit(e.unit)) for name, e in self.meaningful.items()]
        return Shape(self.provenance, ("metric", "mean", "95 %", "unit"), rows)

    @property
    def name(self) -> str:
        """What to call it: its log, or the file that its scenario came from."""
        return self.path.name if self.path is not None else self.scenario.file or "run"

    @property
    def longer_name(self) -> str:
        """The same with the folder of its log, to tell it from another of the same name."""
        return self.name if self.path is None else f"{self.path.resolve().parent.name}/{self.path.name}"

    @property
    def planned(self) -> int:
        """Number of drops that were asked for."""
        return max(int(self.attributes.get("drops", self.drops)), self.drops)

    @property
    def handed(self) -> dict[str, str]:
        """What was given from Python in the place of settings, by its argument."""
        return {name: str(self.attributes[name]) for name in HANDED if self.attributes.get(name)}

    @property
    def provenance(self) -> list[str]:
        """Lines that say what was simulated: scenario, seed, policies, drops, and settings other than the defaults."""
        s, of = self.scenario, "" if self.complete else f" of {self.planned}"
        drops = f"drop{'s' * ((self.drops if self.complete else self.planned) != 1)}"
        frames = f"{self.frames} frame{'s' * (self.frames != 1)}"
        lines = [f"{self.drops}{of} {drops} of {frames}{'' if self.complete else ', unfinished'}; "
                 f"{s.file or 'scenario'}, seed {s.simulation.seed}, scheduler {self.policy('scheduler')}, "
                 f"grants {self.policy('grant_policy')}"]
        if self.handed:
            lines.append("from Python: " + ", ".join(f"{name} = {what}" for name, what in self.handed.items()))
        changed = s.changed()
        if changed:
            lines.append("settings: " + ", ".join(f"{key} = {value}" for key, value in changed.items()))
        return lines

    @property
    def remarks(self) -> list[str]:
        """Lines on figures that are easily read for more than they say."""
        drops = self._drops
        if not self.drops or "users_there" not in drops:
            return self._unserved
        users, never = int(drops["users_there"].sum()), int(drops["users_never_served"].sum())
        found = []
        if self._all_had_data and drops["users_ranked"].any() and never > _NEVER_SERVED * users:
            found.append(f"{never / users:.0%} of the users were never served: percentiles over users count them with "
                         "0; more frames, or fewer users a cell, would serve more of them")
        frames = drops["communication_links"].sum() / max(users - never, 1)
        if self.scenario.link.adaptation == "outer_loop" and frames < _FEWEST_FRAMES:
            found.append(f"link.adaptation = \"outer_loop\" served a user in {frames:.0f} frames of a drop on average; "
                         f"in fewer than {_FEWEST_FRAMES} offsets have not settled")
        return found or self._unserved

    @property
    def _all_had_data(self) -> bool:
        """Whether every user had data in every frame: with full buffers that no process empties."""
        return (self.scenario.traffic.model == "full_buffer" and not self.scenario.simulation.processes
                and "processes" not in self.handed)

    @property
    def _unserved(self) -> list[str]:
        """A line where the percentile of mean rates is 0 in some drops for want of frames."""
        rated, edge = (self._drops.get(name, np.zeros(0)) for name in ("rated", "cell_edge_rate"))
        drops, none = int(np.count_nonzero(rated)), int(np.count_nonzero((edge == 0) & (rated > 0)))
        return [f"cell_edge_rate is 0 in {none} of {drops} drops: of the users who had data more than 5 % were served "
                f"in none of the {self.frames} frames; more of these (simulation.frames) would say more"] * (none > 0)

    @property
    def meaningful(self) -> dict[str, Estimate]:
        """The estimates with data; none of sensing where nothing is sensed."""
        silent = () if self.scenario.allocation.targets_per_bs else ("sensing_",)
        return {name: e for name, e in self.metrics.items()
                if e.mean is not None and not (silent and name.startswith(silent))}

    def plot(self, path: str | Path | None = None) -> Any:
        """Draw distributions, interference, and rate over distance; return the matplotlib figure.

        Parameters
        ----------
        path : path, optional
            Where to write it: PNG, SVG or PDF by its suffix.
        """
        return draw("run_summary", "draw_run", self, path)

    def to_xarray(self, table: str = "drops") -> Any:
        """Return a table of the log as an ``xarray.Dataset``; units and meanings are attributes of its variables.

        ``"users"`` and ``"targets"`` are short for ``"users/communication"`` and ``"users/sensing"``.
        """
        import xarray

        table = {"users": "users/communication", "targets": "users/sensing"}.get(table, table)
        columns, dimension = self.table(table), "drop" if table == "drops" else "row"
        says = {c.name: {"units": c.unit, "long_name": c.description} for c in self._source.columns(table)}
        found = xarray.Dataset({name: (dimension, column, says.get(name, {})) for name, column in columns.items()},
                               attrs={"scenario": self.scenario.to_toml(), "seed": self.scenario.simulation.seed})
        return found.set_coords(["drop"])

    def policy(self, name: str) -> str:
        """Return the "scheduler" or "grant_policy" that was used: a class from Python, or what the scenario names."""
        given = str(self.attributes.get(name, "")).split(" ")[0]
        key = {"scheduler": "scheduling.policy", "grant_policy": "nulling.policy"}[name]
        return given or str(self.scenario.get(key))

    @property
    def drops(self) -> int:
        """Number of finished drops."""
        return len(self._drops["drop"])

    @property
    def frames(self) -> int:
        """Number of frames in a drop."""
        return self.scenario.simulation.frames

    @cached_property
    def metrics(self) -> dict[str, Estimate]:
        """Every metric that applies, with its 95 % interval."""
        return estimates(self.scenario, self._drops, self.known_metrics)

    @cached_property
    def known_metrics(self) -> Mapping[str, Estimator]:
        """Every metric there is, those of the user's own included: how it is estimated, its unit and meaning."""
        return {**METRICS, **own_metrics(self.attributes)}

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables that were recorded."""
        return self._source.tables()

    def table(self, name: str) -> Table:
        """Return a table of the log, a mapping from column to array (``"drops"``, ``"links/communication"`` …)."""
        if name in LEVELS[self.scenario.recording.level] and name not in self.tables and self.drops:
            raise ConfigError("table", name, "one that the log has: an older version wrote it")
        level = self.scenario.recording.level
        if name not in LEVELS[level]:
            raise ConfigError("table", name, f"one of {', '.join(LEVELS[level])} (recording.level = \"{level}\")")
        if name == "drops":  # asked for again and again
            return {column: values.copy() for column, values in self._drops.items()}
        return self._source.read(name)

    def users(self) -> Any:
        """Return one row a drop and user: a pandas.DataFrame, or without pandas a mapping from column to array.

        Raises
        ------
        ConfigError
            Where ``recording.level`` is "summary".
        """
        return _frame(self.table("users/communication"))

    def targets(self) -> Any:
        """Return one row a drop and target, as `users` does."""
        return _frame(self.table("users/sensing"))

    def to_dict(self) -> dict[str, Any]:
        """Return the estimates as JSON has them."""
        return {"drops": self.drops, "frames": self.frames, "complete": self.complete,
                "metrics": {name: estimate.to_dict() for name, estimate in self.metrics.items()}}

    @cached_property
    def _drops(self) -> Table:
        return self._source.read("drops")


def _frame(table: Table) -> Any:
    """Return a pandas.DataFrame of a table where pandas is installed, else the table."""
    try:
        import pandas  # type: ignore[import-untyped]  # optional
    except ImportError:
        return table
    return pandas.DataFrame(dict(table))


def is_log(path: str | Path) -> bool:
    """Return whether a path is a log, finished or not: by its content, not by its name."""
    path = Path(path)
    if path.is_file():
        with path.open("rb") as file:
            return file.read(len(_SIGNATURE)) == _SIGNATURE
    return parts_directory(path).exists()


def open_run(path: str | Path) -> Run:
    """Open a log, or what there is so far of one that is being made.

    Parameters
    ----------
    path : path
        As it was, or will be, named by ``output``.

    Raises
    ------
    LogFormatError
        Where there is none, or it is damaged.
    """
    path = Path(path)
    for _ in range(_ATTEMPTS):
        found = _read(path)
        if found is not None:
            found.path = path
            return found
    raise LogFormatError(f"{path} changes too fast to be read")


def verify(path: str | Path) -> str:
    """Read all of a log, or of the parts of one that is being made, and return in words what was compared.

    Raises
    ------
    LogFormatError
        Where anything is not what was written.
    """
    path = Path(path)
    run = open_run(path)
    if path.exists() and not Log(path).verify():
        return f"{path} is of a version that wrote no checksums: it can be read, and has the drops that it claims"
    for name in [] if run.complete else sorted(parts_directory(path).glob(f"*{SUFFIX}")):
        with suppress(FileNotFoundError):  # gathered since we looked
            Part(name).verify()
    return f"{path}: every checksum holds"


def _read(path: Path) -> Run | None:
    """Return what there is; None where it was gathered while we looked."""
    log = Log(path) if path.exists() else None
    manifest = read_manifest(parts_directory(path))
    if log is not None:
        planned = manifest.get("drops", 0) if manifest is not None else 0
        if manifest is None or planned <= log.attributes.get("drops", 0):
            return Run(read_scenario(log.attributes, path), log, complete=log.attributes.get("complete") is not False,
                       attributes=log.attributes)
    if manifest is None:
        raise LogFormatError(f"{path}: no such file, nor an unfinished run")
    return _unfinished(path, log, manifest)


def _unfinished(path: Path, log: Log | None, manifest: dict[str, Any]) -> Run | None:
    begun = [] if log is None else [log]
    last = 0 if log is None else drop_range(log.attributes, path)[1]
    try:
        parts = [part for part in whole_parts(parts_directory(path)) if part.first >= last]
        source = MergedSources([*begun, *parts])
        run = Run(read_scenario(manifest, path), source, complete=False, attributes=manifest)
        return run if run.drops >= 0 else None
    except FileNotFoundError:
        return None


def distinct_names(runs: Sequence[Run]) -> list[str]:
    """Return a name for every run, no two alike: with its folder, or else a number, where a file name comes twice."""
    names = [run.name for run in runs]
    if len(set(names)) < len(names):
        names = [run.longer_name for run in runs]
    return [name if names.index(name) == i else f"{name} ({1 + names[:i].count(name)})" for i, name in enumerate(names)]
