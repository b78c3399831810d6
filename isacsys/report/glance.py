"""The first section of a page: six answers (rates, sensing, energy), and one drop played back."""

from __future__ import annotations

from collections.abc import Sequence

from isacsys.campaign import Run
from isacsys.core.display import figure, pretty_unit
from isacsys.report.content import Card, PageSection
from isacsys.report.player import as_json, can_play, play_data

# What each card asks, and the metrics that answer it: the first one that a run has.
QUESTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Users get", ("throughput", "link_throughput", "communication_rate")),
    ("5 % of users get less than", ("user_throughput_5", "cell_edge_rate")),
    ("A cell delivers", ("spectral_efficiency", "communication_ase", "communication_ase_typical")),
    ("A look detects its target with probability", ("detection_probability", "sensing_rate")),
    ("Targets that are followed", ("track_availability", "category_1_share")),
    ("Energy", ("energy_per_look", "power", "energy_efficiency")),
)
LARGEST_PLAYED = 4.0e6  # characters of data within the page


def at_a_glance(runs: Sequence[Run], names: Sequence[str]) -> PageSection:
    """Return six answers for every run, and the first drop of the first run that has one to play back."""
    cards = [_card(title, metrics, runs, names) for title, metrics in QUESTIONS]
    playable = next((run for run in runs if can_play(run)), None)
    data = as_json(play_data(playable)) if playable is not None else ""
    lines = [] if data or not runs[0].drops else [
        "With recording.level = \"full\" the page plays a drop back here; `isacsys play` does so on a page of its own."]
    return PageSection("glance", "At a glance", lines, cards=[card for card in cards if card is not None],
                       played=data if len(data) < LARGEST_PLAYED else "")


def _card(title: str, metrics: Sequence[str], runs: Sequence[Run], names: Sequence[str]) -> Card | None:
    """Return a card with the first of ``metrics`` that any run has; None where none has one."""
    chosen = next((metric for metric in metrics if any(metric in run.meaningful for run in runs)), None)
    if chosen is None:
        return None
    known = next(run.known_metrics[chosen] for run in runs if chosen in run.known_metrics)
    values = []
    for run, name in zip(runs, names, strict=True):
        estimate = run.meaningful.get(chosen)
        value = "-" if estimate is None else figure(estimate.mean)
        half = "" if estimate is None or estimate.half_width is None else f" ± {figure(estimate.half_width)}"
        values.append((value, half, name if len(runs) > 1 else ""))
    unit = "" if known.unit == "1" else pretty_unit(known.unit)
    return Card(title, values, unit, chosen, known.meaning)
