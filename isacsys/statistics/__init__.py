"""Statistics independent of networks: confidence sequences, and races between settings."""

from isacsys.statistics.confidence_sequences import FIRST, moments, one_sided, two_sided
from isacsys.statistics.race import Look, RaceRules, Samples, look, race

__all__ = ["FIRST", "Look", "RaceRules", "Samples", "look", "moments", "one_sided", "race", "two_sided"]
