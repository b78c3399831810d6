"""Recording of a simulation."""

from isacsys.recording.base import Recorder, Source
from isacsys.recording.hdf5 import Hdf5Recorder, hdf5_file
from isacsys.recording.integrity import DropIntegrity
from isacsys.recording.log import Log
from isacsys.recording.memory_recorder import MemoryRecorder, PendingRows, Tables
from isacsys.recording.merge import MergedSources, write_log
from isacsys.recording.parts import Part, write_part

__all__ = ["DropIntegrity", "Hdf5Recorder", "Log", "MemoryRecorder", "MergedSources", "Part", "PendingRows", "Recorder",
           "Source", "Tables", "hdf5_file", "write_log", "write_part"]
