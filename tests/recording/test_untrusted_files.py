"""Logs of strangers are data: no link is followed, nothing waits, and sizes are held against the file's own."""

import os
import subprocess
import sys

import h5py
import numpy as np
import pytest

from isacsys.campaign.output import parts_directory
from isacsys.core.errors import LogFormatError
from isacsys.recording import Log
from tests.recording.old import unpack


@pytest.fixture
def path(tmp_path):
    return unpack(tmp_path)


def outside(name):
    """A place that keeps whoever opens it waiting."""
    return h5py.ExternalLink("pipe", name)


LINKS = {
    "external group": lambda file: replace(file, "links", outside("/links")),
    "external table": lambda file: replace(file, "links/communication", outside("/frames")),
    "external column": lambda file: replace(file, "frames/area", outside("/frames/area")),
    "soft group": lambda file: (file.move("links", "moved"), replace(file, "links", h5py.SoftLink("/moved"))),
    "soft column": lambda file: replace(file, "frames/area", h5py.SoftLink("/drops/area")),
    "hard column": lambda file: replace(file, "frames/area", file["frames/stations"]),
    "hard table": lambda file: replace(file, "links/communication", file["links/sensing"]),
    "a circle": lambda file: replace(file, "links/communication", file["/"]),
    "unknown external column": lambda file: file["drops"].__setitem__("mine", outside("/x")),
}


def replace(file, name, value):
    if name in file:
        del file[name]
    file[name] = value


def in_a_process_of_its_own(script, *arguments):
    """What a program says that may be kept waiting for ever: it is ended after 20 s."""
    head = "import sys\nfrom isacsys.cli import main\nfrom isacsys.recording import Log\n"
    return subprocess.run([sys.executable, "-c", head + script, *map(str, arguments)], capture_output=True, text=True,
                          timeout=20, check=True)


def test_no_link_is_followed(path):
    os.mkfifo(path.parent / "pipe")
    names = []
    for number, link in enumerate(LINKS.values()):
        names.append(path.with_name(f"{number}.h5"))
        names[-1].write_bytes(path.read_bytes())
        with h5py.File(names[-1], "r+") as file:
            link(file)
    in_a_process_of_its_own("""
for name in sys.argv[1:]:
    try:
        Log(name).verify()
    except Exception as error:
        assert type(error).__name__ == "LogFormatError", error
    else:
        raise SystemExit(name + " was read")
""", *names)


def test_what_is_no_regular_file_keeps_nobody_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe.h5")
    directory = parts_directory(tmp_path / "run.h5")
    directory.mkdir()
    os.mkfifo(directory / "campaign.json")
    (tmp_path / "folder.h5").mkdir()
    names = [tmp_path / name for name in ("pipe.h5", "run.h5", "folder.h5", "none.h5", "/dev/zero", "x" * 5000)]
    said = in_a_process_of_its_own("sys.exit(any(main(['show', name]) != 2 for name in sys.argv[1:]))", *names).stderr
    assert len(said.splitlines()) == len(names), said


def claim(file, rows):
    for name, dataset in file["drops"].items():
        if dataset.maxshape == (None,):
            dataset.resize((rows,))
            assert name


def bomb(file, rows):
    """Columns of zeros that are packed: a small file that unpacks to anything."""
    del file["drops/drop"]
    for name in list(file["drops"]):
        dtype = file["drops"][name].dtype
        del file["drops"][name]
        file["drops"].create_dataset(name, (rows,), dtype, chunks=(16384,), compression="gzip")
    file["drops"].create_dataset("drop", (rows,), "i8", chunks=(16384,), compression="gzip")
    file["drops/drop"][:] = np.arange(rows) % 2


def giant_chunk(file, rows):
    del file["drops/area"]
    file["drops"].create_dataset("area", (6,), "f8", maxshape=(None,), chunks=(rows,), compression="gzip")[:] = 1


def strange_filter(file, rows):
    del file["drops/area"]
    file["drops"].create_dataset("area", (6,), "f8", maxshape=(None,), chunks=(6,), compression="lzf")[:] = 1


@pytest.mark.parametrize("hostile", [claim, bomb, giant_chunk, strange_filter])
@pytest.mark.parametrize("rows", [10 ** 7, 3 * 10 ** 6])
def test_rows_that_are_not_there_take_neither_time_nor_memory(path, hostile, rows):
    if hostile is bomb and rows > 5e6:
        pytest.skip("takes longer to make than to refuse")
    with h5py.File(path, "r+") as file:
        hostile(file, rows)
    with pytest.raises(LogFormatError, match="damaged"):
        Log(path).read("drops")


def test_a_large_table_of_zeros_is_no_bomb(path):
    """What is never written takes no space, and an honest log has such columns."""
    with h5py.File(path, "r+") as file:
        for name in list(file["frames"]):
            dtype = file["frames"][name].dtype
            del file["frames"][name]
            file["frames"].create_dataset(name, (200_000,), dtype, maxshape=(None,), chunks=(16384,))
    assert len(Log(path).read("frames")["drop"]) == 200_000
