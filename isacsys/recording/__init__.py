"""What is kept of a simulation, and how."""

from isacsys.recording.base import Recorder, Source
from isacsys.recording.claims import Claims
from isacsys.recording.gather import Gathered, write_log
from isacsys.recording.hdf5 import Hdf5Recorder, hdf5_file
from isacsys.recording.log import Log
from isacsys.recording.memory import MemoryRecorder, Tables
from isacsys.recording.parts import Part, write_part

__all__ = ["Claims", "Gathered", "Hdf5Recorder", "Log", "MemoryRecorder", "Part", "Recorder", "Source", "Tables",
           "hdf5_file", "write_log", "write_part"]
