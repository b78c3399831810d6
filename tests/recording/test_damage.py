"""One bit of a log or of a manifest that is not what it was: refused, or without effect on any number."""

import json
import random
import shutil

import h5py
import numpy as np
import pytest

import isacsys
from isacsys.campaign.output import parts_directory, read_manifest, write_manifest
from isacsys.cli import main
from isacsys.core.errors import IsacError, LogFormatError
from isacsys.recording import Log
from tests.recording.old import unpack
from tests.recording.rows import same_tables

SCENARIO = isacsys.Scenario().replace({
    "network.area": 2.0, "network.users_per_cell": 4.0, "network.targets_per_cell": 2.0, "allocation.users_per_bs": 2,
    "allocation.targets_per_bs": 1, "simulation.drops": 4, "recording.level": "links"})


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "run.h5"
    isacsys.run(SCENARIO, output=path, executor="serial")
    return path


@pytest.fixture
def path(whole, tmp_path):
    return shutil.copy(whole, tmp_path / "run.h5")


def places_of_data(path):
    """Where the rows are, and which of them somebody reads: chunks of columns."""
    found = []
    with h5py.File(path) as file:
        def note(_, dataset):
            if isinstance(dataset, h5py.Dataset) and dataset.chunks:
                for i in range(dataset.id.get_num_chunks()):
                    chunk = dataset.id.get_chunk_info(i)
                    found.extend(range(chunk.byte_offset, chunk.byte_offset + chunk.size))
        file.visititems(note)
    return found


def read_all(path):
    """What an undamaged log holds; a reading of everything is what `verify` is."""
    log = Log(path)
    log.verify()
    return log, {table: log.read(table) for table in log.tables()}


def flips(path, places):
    """Flip one bit at each of some places in turn; return how many of them were refused."""
    content, rng = path.read_bytes(), random.Random(1)
    log, tables = read_all(path)
    refused = 0
    with open(path, "r+b") as file:
        for place in places:
            file.seek(place)
            file.write(bytes([content[place] ^ 1 << rng.randrange(8)]))
            file.flush()
            try:
                other, found = read_all(path)
            except LogFormatError as error:
                refused += 1
                assert "\n" not in str(error)
            else:
                assert {k: other.attributes.get(k) for k in log.attributes} == log.attributes or (
                    "seal" not in other.attributes)
                same_tables(found, tables)
            file.seek(place)
            file.write(content[place:place + 1])
            file.flush()
    return refused


def test_a_flipped_bit_of_data_is_refused(path):
    places = places_of_data(path)[::1500]
    assert flips(path, places) == len(places)


@pytest.mark.slow
def test_a_flipped_bit_of_data_is_refused_or_without_effect_in_every_byte(path):
    """Deflate has a few bits that say nothing, in its header and at its end."""
    places = places_of_data(path)
    refused = flips(path, places)
    print(f"\nbytes of a log's data: {len(places)}, refused: {refused}")
    assert refused > 0.99 * len(places)


@pytest.mark.parametrize("stride", [40_000, pytest.param(20, marks=pytest.mark.slow)])
def test_a_flipped_bit_anywhere_is_refused_or_without_effect(path, stride):
    flips(path, range(7, path.stat().st_size, stride))


def spoilt(path):
    place = places_of_data(path)[100]
    with open(path, "r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 4]))


def test_a_damaged_log_is_not_continued_and_stays_as_it_is(path):
    spoilt(path)
    before = path.read_bytes()
    with pytest.raises(LogFormatError, match="damaged"):
        isacsys.run(SCENARIO, drops=6, output=path, resume=True, executor="serial")
    assert path.read_bytes() == before and [p.name for p in path.parent.iterdir()] == ["run.h5"]


def test_show_verifies(path, capsys, tmp_path):
    assert main(["show", str(path), "--verify", "--json"]) == 0
    captured = capsys.readouterr()
    assert "every checksum holds" in captured.err and json.loads(captured.out)["complete"]
    assert main(["show", str(unpack(tmp_path)), "--verify"]) == 0
    assert "no checksums" in capsys.readouterr().err
    spoilt(path)
    assert main(["show", str(path), "--verify"]) == 2
    assert "damaged" in capsys.readouterr().err


@pytest.fixture
def manifest(tmp_path):
    directory = parts_directory(tmp_path / "run.h5")
    directory.mkdir()
    write_manifest(directory, {"scenario": SCENARIO.to_toml(), "seed": 1, "first_drop": 0, "drops": 4,
                               "numpy_version": "2"})
    return directory / "campaign.json"


@pytest.mark.parametrize("stride", [2, pytest.param(1, marks=pytest.mark.slow)])
def test_a_flipped_bit_of_a_manifest_is_refused_or_without_effect(manifest, stride):
    content, rng, whole = manifest.read_bytes(), random.Random(1), read_manifest(manifest.parent)
    refused = 0
    for place in range(0, len(content), stride):
        manifest.write_bytes(content[:place] + bytes([content[place] ^ 1 << rng.randrange(8)]) + content[place + 1:])
        try:
            found = read_manifest(manifest.parent)
        except LogFormatError as error:
            refused += 1
            assert "\n" not in str(error)
        else:
            assert {k: v for k, v in found.items() if k in whole and k != "seal"} == {
                k: v for k, v in whole.items() if k in found and k != "seal"}
            assert found.keys() >= whole.keys() - {"seal"}
    print(f"\nbytes of a manifest: {len(content)}, every {stride}: refused: {refused}")
    assert refused > 0.9 * len(content) / stride


@pytest.mark.parametrize("change", [
    {"drops": "4"}, {"drops": -1}, {"drops": 1.5}, {"drops": True}, {"drops": [4]}, {"drops": None}, {"seed": {}},
    {"scenario": 3}, {"scenario": None}, {"first_drop": 10 ** 30}, {"complete": 1}, {"numpy_version": [1]}])
def test_a_manifest_of_other_kinds_is_refused(manifest, change):
    said = {k: v for k, v in json.loads(manifest.read_bytes()).items() if k != "seal"}
    manifest.write_text(json.dumps({**said, **change}))
    with pytest.raises(IsacError):
        isacsys.open_run(manifest.parent.with_suffix(""))


@pytest.mark.parametrize("content", [b"", b"[]", b"3", b"[" * 100_000, b'{"drops": ' + b"9" * 5000 + b"}", b"\xff",
                                     b"{}"])
def test_a_manifest_that_is_none_is_refused(manifest, content):
    manifest.write_bytes(content)
    with pytest.raises(LogFormatError):
        isacsys.open_run(manifest.parent.with_suffix(""))


@pytest.mark.parametrize("value", [np.zeros(3), "x" * 100, [1, 2], np.float64(1.5), -1, h5py.Empty("f8"), b"\xff",
                                   np.array([(1, 2.0)], dtype="i4,f8")[0]])
@pytest.mark.parametrize("name", ["scenario", "seed", "drops", "first_drop", "complete", "own_metrics", "seal",
                                  "format", "format_version"])
def test_root_attributes_of_other_kinds_are_refused(path, name, value):
    with h5py.File(path, "r+") as file:
        file.attrs[name] = value
    with pytest.raises(IsacError) as error:
        assert isacsys.open_run(path).metrics
        Log(path).verify()
    assert "\n" not in str(error.value)
