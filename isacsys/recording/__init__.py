"""What is kept of a simulation, and how."""

from isacsys.recording.base import Recorder, Source
from isacsys.recording.hdf5 import Hdf5Recorder, hdf5_file
from isacsys.recording.log import Log
from isacsys.recording.memory import MemoryRecorder
from isacsys.recording.parts import Part, write_part

__all__ = ["Hdf5Recorder", "Log", "MemoryRecorder", "Part", "Recorder", "Source", "hdf5_file", "write_part"]
