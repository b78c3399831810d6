"""The settings of the power that stations draw."""

from __future__ import annotations

from dataclasses import dataclass

from isacsys.config.rules import Parameters, Section, choice, integer, real, table, text


@dataclass(frozen=True, kw_only=True)
class EnergySettings(Section):
    """Power that base stations draw, and how they sleep."""

    model: str = text("none", "\"none\"; \"tr38864\": the reference base stations of TR 38.864; \"earth\": the linear "
                      "model of EARTH (Auer et al. 2011); or \"module:Class\"")
    parameters: Parameters = table("keyword arguments of the class that energy.model names")
    category: int = integer(1, "of tr38864", minimum=1, maximum=2)
    reference_set: int = integer(1, "of tr38864", minimum=1, maximum=3)
    efficiency: str = choice("constant", "of the power amplifiers of tr38864: constant, or dual: 0.76 of it below half "
                             "of the full output", ("constant", "dual"))
    reference_power: float = real(0.0, "of a relative unit of tr38864 (0: not known, and with it power in W and energy "
                                  "in J)", unit="W", minimum=0)
    size: str = choice("macro", "of the stations of earth", ("macro", "micro", "pico"))
    chains: int = integer(0, "transceiver chains of a cell of earth (0: automatic, 2)", minimum=0, maximum=10**4)
    sleep: str = choice("automatic", "of stations without user or target in a frame: automatic, in the state that "
                        "costs least for as long as they will be idle; micro, in the lightest one; or never",
                        ("automatic", "never", "micro"))
