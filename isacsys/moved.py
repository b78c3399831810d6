"""Modules of version 0.2 under their old names: they work for one release, with a warning.

Each old name is an alias of the module itself, so that what is replaced in one is replaced in the other.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_ROOMS = {  # old room: old name=new name ...
    "": (
        "arrays=core.arrays streams=core.random_streams errors=core.errors display=core.display "
        "version=core.version laws=core.propagation_law settings=config.rules sections=config.sections "
        "scenario=config.scenario inputs=config.input_files catalogue=config.catalogue grid=config.grid "
        "modules=plugins.loading "
    ),
    "analysis": (
        "fused_looks=analysis.fused_bounds joint_refusals=analysis.refusals line_sampling=analysis.sampling "
        "wider_search=analysis.optimization "
    ),
    "campaign": (
        "identity=campaign.payload interrupt=campaign.dispatcher processor=campaign.plan "
        "stopping=campaign.coordinator "
    ),
    "engines": (
        "base=coupling.base explicit=coupling.beam_gains helping=coupling.helper_gains partly=coupling.hybrid "
        "short=coupling.sampled vectors=coupling.full_channels "
    ),
    "metrics": (
        "columns=core.columns links=services.link_terms frame=services.frame_record "
        "followed=metrics.track_metrics sensed=metrics.detection_metrics over_time=metrics.drop_metrics "
        "builtin=metrics.rate_metrics "
    ),
    "network": (
        "kinds=network.receivers attachment=network.association strongest=network.association_by_power "
        "tracks=network.trajectories traffic=network.queues aiming=network.believed_bearings "
        "ground=network.point_processes operating=network.station_status "
    ),
    "physics": (
        "geometry=core.geometry accounting=core.accounting ageing=channel.ageing feedback=channel.feedback "
        "gaussian=channel.gaussian rician=channel.rician fading=channel.sampled_gains "
        "combining=beamforming.filter_spans receiving=beamforming.receive_filters "
        "designs=beamforming.linear_precoding precoding=beamforming.zero_forcing "
        "given_channels=beamforming.zero_forcing_explicit lit=beamforming.sensing_beam_gains pairs=channel.pairs "
        "patterns=propagation.cell_antennas propagation=propagation.power_law "
    ),
    "plotting": (
        "calibration=plotting.curves roc=plotting.curves study=plotting.sweep_plots "
        "validation=plotting.validation_plots run=plotting.run_summary "
    ),
    "propagation": (
        "cells=propagation.cell_gains links=propagation.base targets=propagation.target_types "
        "stations=propagation.station_gains penetration=propagation.buildings "
        "clutter=propagation.target_types rural=propagation.urban "
    ),
    "recording": (
        "claims=recording.integrity seal=recording.integrity foreign=recording.untrusted_files "
        "memory=recording.memory_recorder gather=recording.merge signals=recording.merge "
        "files=recording.atomic_files "
    ),
    "scheduling": (
        "grants=scheduling.grant_policies policies=scheduling.schedulers semi_orthogonal=scheduling.schedulers "
        "uncertainty=scheduling.schedulers "
    ),
    "sensing": (
        "book=sensing.track_manager multistatic=sensing.fusion "
    ),
    "simulation": (
        "requests=scheduling.null_requests moving=scheduling.schedule_ageing "
        "cooperation=services.joint_transmission helping=services.multistatic_clusters "
        "multistatic=services.multistatic looks=services.detections classes=simulation.link_statistics "
        "refusals=simulation.link_statistics memory=simulation.memory_limits "
        "movement=simulation.mobility_process records=simulation.log_rows targets=simulation.mobility_process "
        "tracking=simulation.tracking_process traffic=simulation.traffic_process journal=simulation.stage "
    ),
    "validation": "points=validation.judge formulas=validation.measured_laws",
    "transmission": (
        "beams=beamforming.beams combiners=beamforming.combiners csi=beamforming.csi_ageing "
        "designing=beamforming.checked_designs helpers=beamforming.multistatic_helpers "
        "known=beamforming.transmitter_csi precoders=beamforming.precoders streams=beamforming.streams "
        "values=beamforming.frame_state "
    ),
}
MOVED = {f"isacsys.{room}{'.' * bool(room)}{old}": f"isacsys.{new}" for room, names in _ROOMS.items()
         for old, new in (pair.split("=") for pair in names.split())}
MOVED |= {"isacsys.engines": "isacsys.coupling", "isacsys.transmission": "isacsys.beamforming"}
_LASTING = ("isacsys.errors",)  # a public name
_GONE_ROOMS = ("isacsys.physics",)  # its modules went to several rooms


class MovedModules(MetaPathFinder, Loader):
    """Find modules of isacsys by the names that they had in version 0.2."""

    def find_spec(self, fullname: str, path: Sequence[str] | None,
                  target: ModuleType | None = None) -> ModuleSpec | None:
        """Return a specification for an old name, None for any other."""
        if fullname in _GONE_ROOMS:
            return ModuleSpec(fullname, self, is_package=True)
        return ModuleSpec(fullname, self) if fullname in MOVED else None

    def exec_module(self, module: ModuleType) -> None:
        """Put the module of today in the place of ``module``."""
        name = module.__name__
        if name in _GONE_ROOMS:
            return
        if name not in _LASTING:
            warnings.warn(f"{name} is now {MOVED[name]}; the old name goes with version 0.4", FutureWarning,
                          stacklevel=2)
        sys.modules[name] = import_module(MOVED[name])


def install() -> None:
    """Install a finder that imports the old names."""
    if not any(isinstance(finder, MovedModules) for finder in sys.meta_path):
        sys.meta_path.insert(0, MovedModules())
