"""The HDF5 log: open to everybody, and suspicious of everything."""

import subprocess
import sys

import h5py
import numpy as np
import pytest

import isacsys
from isacsys.core.errors import LogFormatError
from isacsys.recording import Log, MemoryRecorder, write_log
from isacsys.recording.schema import FORMAT_VERSION, LEVELS, TABLES
from tests.recording.rows import fill


@pytest.fixture(scope="module")
def recorder():
    recorder = MemoryRecorder("full")
    fill(recorder, "full", (25,))
    return recorder


@pytest.fixture(scope="module")
def content(tmp_path_factory, recorder):
    path = tmp_path_factory.mktemp("log") / "run.h5"
    write_log(path, "full", {"seed": 7, "scenario": "x = 1"}, recorder)
    return path.read_bytes()


@pytest.fixture
def path(tmp_path, content):
    (tmp_path / "run.h5").write_bytes(content)
    return tmp_path / "run.h5"


def test_h5py_finds_plain_columns_that_explain_themselves(path):
    with h5py.File(path) as file:
        assert file.attrs["format"] == "isacsys"
        assert file.attrs["seed"] == 7
        for table in LEVELS["full"]:
            for column in TABLES[table]:
                dataset = file[table][column.name]
                assert dataset.shape == (25,)
                assert dataset.dtype == column.dtype
                assert dataset.attrs["unit"] == column.unit
                assert dataset.attrs["description"] == column.description
                assert dataset.is_scale or len(dataset.dims[0]) == 1


def test_xarray_opens_groups(path, recorder):
    """Without phony dimensions; drops by their numbers; and tables without rows. (All are written alike.)"""
    xarray = pytest.importorskip("xarray")
    for table in ("drops", "links/sensing"):
        with xarray.open_dataset(path, engine="h5netcdf", group=table) as dataset:
            assert dict(dataset.sizes) == {"drop" if table == "drops" else "row": 25}
            assert set(dataset.variables) == {c.name for c in TABLES[table]}
            for name, column in recorder.read(table).items():
                assert np.array_equal(dataset[name].values, column)
    few = MemoryRecorder("links")
    few.append("drops", {c.name: np.arange(4) for c in TABLES["drops"]})
    write_log(path.parent / "few.h5", "links", {}, few)
    with xarray.open_dataset(path.parent / "few.h5", engine="h5netcdf", group="drops") as dataset:
        assert dataset.sel({"drop": 2})["communication_rate"] == 2
    with xarray.open_dataset(path.parent / "few.h5", engine="h5netcdf", group="links/sensing") as dataset:
        assert dataset.sizes["row"] == 0
    assert len(Log(path.parent / "few.h5").read("links/sensing")["rate"]) == 0


def spoil_format(file):
    file.attrs["format"] = "other"


def spoil_version(file):
    file.attrs["format_version"] = FORMAT_VERSION + 1


def spoil_version_type(file):
    file.attrs["format_version"] = "new"


def spoil_table(file):
    del file["frames"]


def spoil_column(file):
    del file["frames/area"]


def spoil_length(file):
    file["frames/area"].resize((3,))


def spoil_type(file):
    del file["frames/area"]
    file["frames/area"] = np.array([b"x"] * 25)


def spoil_shape(file):
    del file["frames/area"]
    file["frames/area"] = np.zeros((25, 2))


def spoil_group(file):
    del file["frames"]
    file["frames"] = np.zeros(25)


def claim_rows_that_are_not_there(file):
    for dataset in file["frames"].values():
        if isinstance(dataset, h5py.Dataset) and dataset.maxshape == (None,):
            dataset.resize((10**12,))


def link_elsewhere(file):
    del file["frames/area"]
    file["frames/area"] = h5py.ExternalLink("other.h5", "/frames/area")


def link_group_elsewhere(file):
    del file["frames"]
    file["frames"] = h5py.ExternalLink("other.h5", "/frames")


def store_elsewhere(file):
    del file["frames/area"]
    file["frames"].create_dataset("area", (25,), "f8", external=[("/etc/passwd", 0, 200)])


def make_virtual(file):
    del file["frames/area"]
    layout = h5py.VirtualLayout((25,), "f8")
    layout[:] = h5py.VirtualSource("other.h5", "frames/area", (25,))
    file["frames"].create_virtual_dataset("area", layout)


@pytest.mark.parametrize("spoil", [spoil_format, spoil_version, spoil_version_type, spoil_table, spoil_column,
                                   spoil_length, spoil_type, spoil_shape, spoil_group, claim_rows_that_are_not_there,
                                   link_elsewhere, link_group_elsewhere, store_elsewhere, make_virtual])
def test_a_spoilt_log_is_refused_in_one_line(path, spoil):
    (path.parent / "other.h5").write_bytes(path.read_bytes())
    with h5py.File(path, "r+") as file:
        spoil(file)
    with pytest.raises(LogFormatError) as error:
        Log(path).read("frames")
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("content", [b"", b"not HDF5", b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" + bytes(4000)])
def test_a_foreign_file_is_refused(tmp_path, content):
    (tmp_path / "x.h5").write_bytes(content)
    with pytest.raises(LogFormatError):
        Log(tmp_path / "x.h5")


def test_a_log_cut_off_anywhere_is_refused(path, content):
    for size in np.linspace(0, len(content) - 1, 20).astype(int):
        path.write_bytes(content[:size])
        with pytest.raises(LogFormatError):
            Log(path).read("frames")


FULL_DISK = """
import resource, sys
from pathlib import Path
from isacsys.recording import MemoryRecorder, write_log
from tests.recording.rows import fill
recorder = MemoryRecorder("links")
fill(recorder, "links", (30000,))
for limit in (0, 3000, 50_000, 1_000_000, 5_000_000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        write_log(Path(sys.argv[1]) / "run.h5", "links", {}, recorder)
    except OSError as error:
        assert "File too large" in str(error)
    else:
        raise SystemExit("it was written")
"""


def test_a_full_disk_is_an_error_and_no_crash(tmp_path):
    done = subprocess.run([sys.executable, "-c", FULL_DISK, tmp_path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_is_open_elsewhere_is_not_called_damaged(tmp_path):
    path = tmp_path / "run.h5"
    isacsys.run(isacsys.Scenario().replace({"network.area": 9.0}), drops=2, output=path, executor="serial")
    with h5py.File(path, "r", locking=True), pytest.raises(LogFormatError, match=r"is open in this .* close it"):
        Log(path).read("drops")
