"""The section ``link`` of a scenario: from SINR to bits."""

from __future__ import annotations

from dataclasses import dataclass

from isacsys.config.rules import Parameters, Section, choice, integer, real, real_or, table, text
from isacsys.core.errors import ConfigError

_SCHEMES = {1: 29, 2: 28, 3: 29}  # of the MCS tables of TS 38.214


@dataclass(frozen=True, kw_only=True)
class LinkSettings(Section):
    """From the SINR of a served user to the bits that it gets."""

    model: str = text("shannon", "\"shannon\": log2(1 + SINR); \"truncated_shannon\": as TR 36.942 has it; \"nr\": "
                      "transport blocks of 5G NR; or \"module:Class\"")
    parameters: Parameters = table("keyword arguments of the class that link.model names")
    overhead: float | str = real_or(("automatic",), "automatic", "share of the symbols that carries no data "
                                    "(automatic: 0.2 for nr, else 0)", minimum=0, maximum=0.99)
    maximum_efficiency: float = real(4.4, "of truncated_shannon", unit="bit/s/Hz", above=0)
    attenuation: float = real(0.6, "share of the Shannon rate that truncated_shannon delivers", above=0, maximum=1)
    minimum_sinr_db: float = real(-10.0, "below which truncated_shannon delivers nothing", unit="dB")
    block_duration: float = real(0.0005, "of a transport block of nr", unit="s", above=0)
    mcs_table: int = integer(1, "table 5.1.3.1-1, -2 (256-QAM) or -3 (low spectral efficiency) of TS 38.214",
                             minimum=1, maximum=3)
    implementation_gap_db: float | str = real_or(("automatic",), "automatic", "by which decoders fall short "
                                                 "(automatic: 0.85 + 2.3 / sqrt(bits of a code block))", unit="dB",
                                                 minimum=-20, maximum=100)
    adaptation: str = choice("ideal", "of the scheme of nr: ideal, best for the SINR that is; outer_loop, for a "
                             "predicted one, with an offset that holds the block error rate; fixed, link.mcs",
                             ("ideal", "outer_loop", "fixed"))
    mcs: int = integer(0, "row of the table for adaptation \"fixed\"", minimum=0, maximum=28)
    initial_offset_db: float = real(0.0, "of the prediction of adaptation \"outer_loop\"", unit="dB")
    outer_loop_step_db: float = real(0.5, "by which the offset of a user falls when all blocks of a frame fail",
                                     unit="dB", above=0, maximum=100)
    target_bler: float = real(0.1, "share of first transmissions that adaptation \"outer_loop\" lets fail", above=0,
                              maximum=0.9)
    harq: str = choice("none", "retransmissions of nr: chase, the same bits again; incremental_redundancy, others",
                       ("none", "chase", "incremental_redundancy"))
    maximum_transmissions: int = integer(4, "of a block, before it is lost", minimum=1, maximum=1000)
    outage_sinr_db: float | str = real_or(("automatic",), "automatic", "below which a served link is in outage "
                                          "(automatic: one block in ten of the lowest scheme fails, or "
                                          "minimum_sinr_db)", unit="dB")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.mcs >= _SCHEMES[self.mcs_table]:
            raise ConfigError("link.mcs", self.mcs, f"at most {_SCHEMES[self.mcs_table] - 1}, the last row of table "
                              f"{self.mcs_table} of TS 38.214")
