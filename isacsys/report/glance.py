"""The first section of a page: six answers (rates, sensing, energy), and one drop played back."""

from __future__ import annotations

from collections.abc import Sequence

from isacsys.campaign import Run
from isacsys.core.display import PLUS_MINUS, pretty_unit, with_interval
from isacsys.report.content import Card, PageSection
from isacsys.report.player import as_json, can_play, play_data

# What each card answers: the first metric that a run has, under the title that fits it, and what stands beside it.
QUESTIONS: tuple[tuple[tuple[tuple[str, str], ...], tuple[str, ...]], ...] = (
    ((("throughput", "A user gets"), ("link_throughput", "A user gets while it is served"),
      ("communication_rate", "Rate of a user while it is served")), ("user_throughput_50",)),
    ((("user_throughput_5", "5 % of the users get less than"),
      ("cell_edge_rate", "5 % of the users have a lower rate than")), ("fairness",)),
    ((("spectral_efficiency", "A cell delivers"), ("communication_ase", "A square kilometre delivers"),
      ("communication_ase_typical", "A square kilometre delivers")), ("communication_ase",)),
    ((("detection_probability", "A look detects its target with probability"),
      ("sensing_rate", "Sensing rate of a target")), ("sensing_ase", "position_error")),
    ((("track_availability", "Share of targets that are followed"),
      ("category_1_share", "Share of looks that meet category 1")), ("track_lost_fraction", "track_position_error")),
    ((("power", "A station draws"), ("relative_power", "Power over that at full load")),
     ("sleep_share", "energy_per_look", "energy_efficiency")),
)
LARGEST_PLAYED = 4.0e6  # characters of data within the page


def at_a_glance(runs: Sequence[Run], names: Sequence[str]) -> PageSection:
    """Return six answers for every run, and the first drop of the first run that has one to play back."""
    cards = [_card(choices, beside, runs, names) for choices, beside in QUESTIONS]
    playable = next((run for run in runs if can_play(run)), None)
    data = as_json(play_data(playable)) if playable is not None else ""
    lines = [] if data or not runs[0].drops else [
        "With recording.level = \"full\" the page plays a drop back here; `isacsys play` does so on a page of its own."]
    return PageSection("glance", "At a glance", lines, cards=[card for card in cards if card is not None],
                       played=data if len(data) < LARGEST_PLAYED else "")


def _card(choices: Sequence[tuple[str, str]], beside: Sequence[str], runs: Sequence[Run],
          names: Sequence[str]) -> Card | None:
    """Return a card with the first metric that any run has; None where none has one."""
    found = next((choice for choice in choices if any(choice[0] in run.meaningful for run in runs)), None)
    if found is None:
        return None
    chosen, title = found
    known = next(run.known_metrics[chosen] for run in runs if chosen in run.known_metrics)
    values = [(*_value(run, chosen), name if len(runs) > 1 else "") for run, name in zip(runs, names, strict=True)]
    more = [f"{metric} {run.meaningful[metric]!s}" for run in runs[:1] for metric in beside
            if metric in run.meaningful and metric != chosen]
    return Card(title, values, pretty_unit(known.unit), chosen, "; ".join([known.meaning, *more]))


def _value(run: Run, metric: str) -> tuple[str, str]:
    """Return mean and half-width to the digits that are known."""
    estimate = run.meaningful.get(metric)
    if estimate is None:
        return "-", ""
    mean, sign, half = with_interval(estimate.mean, estimate.half_width).partition(PLUS_MINUS)
    return mean.strip(), f"{sign}{half}".rstrip()
