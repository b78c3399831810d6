"""A log of version 0.1, six drops of two frames with everything recorded, as that version wrote it."""

import gzip
from pathlib import Path

PACKED = Path(__file__).parents[1] / "data" / "log-0.1.h5.gz"


def unpack(directory):
    """Put the log into a directory, and return where it is."""
    path = Path(directory) / "log-0.1.h5"
    path.write_bytes(gzip.decompress(PACKED.read_bytes()))
    return path
