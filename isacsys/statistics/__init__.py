"""Statistics that know nothing of networks: confidence sequences, and races between settings."""

from isacsys.statistics.confidence_sequences import half_width, one_sided, two_sided
from isacsys.statistics.race import Look, RaceRules, Samples, look, race

__all__ = ["Look", "RaceRules", "Samples", "half_width", "look", "one_sided", "race", "two_sided"]
