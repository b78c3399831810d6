"""What every recorder does, whether it keeps rows in memory or in an HDF5 file."""

import io
import tracemalloc

import numpy as np
import pytest

from isacsys.core.columns import real
from isacsys.recording import (
    Hdf5Recorder,
    Log,
    MemoryRecorder,
    MergedSources,
    PendingRows,
    Tables,
    hdf5_file,
    write_log,
)
from isacsys.recording.schema import BLOCK_ROWS, LEVELS, TABLES
from tests.recording.rows import fill, same_tables, some_rows


class SeekableBytes(io.BytesIO):
    """A file in memory."""


MAKERS = {"memory": MemoryRecorder, "hdf5": lambda level: Hdf5Recorder(SeekableBytes(), level)}


@pytest.fixture(params=MAKERS)
def make(request):
    return MAKERS[request.param]


@pytest.mark.parametrize("counts", [(0,), (1,), (3, 0, 5), (BLOCK_ROWS,), (BLOCK_ROWS - 1, 1, 1), (7, 2 * BLOCK_ROWS)])
def test_gives_back_what_was_appended(make, counts):
    recorder = make("links")
    expected = fill(recorder, "links", counts)
    same_tables({table: recorder.read(table) for table in recorder.tables()},
                {t: {c.name: expected[t][c.name].astype(c.dtype) for c in TABLES[t] if sum(counts) or not c.optional}
                 for t in expected})  # a table without rows has no columns but the required ones


@pytest.mark.parametrize("level", LEVELS)
def test_has_the_tables_of_its_level(make, level):
    assert make(level).tables() == LEVELS[level]


def test_blocks_are_bounded(make):
    recorder = make("summary")
    fill(recorder, "summary", (2 * BLOCK_ROWS + 5,))
    assert max(len(block["drop"]) for block in recorder.blocks("frames")) <= BLOCK_ROWS


def test_scalars_alone_are_one_row(make):
    recorder = make("summary")
    recorder.append("drops", {column.name: 2 for column in TABLES["drops"]})
    assert recorder.read("drops")["area"].tolist() == [2.0]


def test_pending_rows_come_to_another_recorder_in_order(make):
    pending, recorder = PendingRows(), make("links")
    expected = fill(pending, "links", (3, 5))
    pending.write(recorder)
    for table, columns in expected.items():
        for name, values in columns.items():
            assert np.array_equal(recorder.read(table)[name], values.astype(recorder.read(table)[name].dtype))


def test_pending_rows_have_columns_of_ones_own(make):
    pending, recorder = PendingRows(), make("summary")
    pending.declare("drops", (real("mine", "1", "of a metric"),))
    pending.append("drops", {**{column.name: 2 for column in TABLES["drops"]}, "mine": 0.5})
    pending.write(recorder)
    assert recorder.read("drops")["mine"].tolist() == [0.5]


def test_keeps_copies(make):
    recorder, columns = make("summary"), some_rows("drops", 4)
    recorder.append("drops", columns)
    before = columns["area"].copy()
    columns["area"][:] = -1
    assert np.array_equal(recorder.read("drops")["area"], before)


@pytest.mark.parametrize("spoil", [lambda c: c.pop("area"), lambda c: c.update(more=1),
                                   lambda c: c.update(area=np.zeros(3)), lambda c: c.update(area=np.zeros((4, 1)))])
def test_refuses_other_columns(make, spoil):
    columns = some_rows("drops", 4)
    spoil(columns)
    with pytest.raises(ValueError, match="table drops wants columns"):
        make("summary").append("drops", columns)


def test_refuses_tables_of_a_higher_level(make):
    with pytest.raises(KeyError):
        make("summary").append("links/sensing", some_rows("links/sensing", 1))


@pytest.mark.parametrize("count", [0, 1, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1])
def test_rollback_forgets_what_came_after_the_mark(count):
    one, other = MemoryRecorder("summary"), MemoryRecorder("summary")
    fill(one, "summary", (count,))
    fill(other, "summary", (count,))
    mark = one.mark()
    fill(one, "summary", (BLOCK_ROWS + 3, 2), seed=9)
    one.rollback(mark)
    for recorder in one, other:
        fill(recorder, "summary", (5,), seed=4)
    same_tables(*({table: r.read(table) for table in r.tables()} for r in (one, other)))
    assert one.nbytes == other.nbytes


def test_a_log_has_what_the_memory_has(tmp_path):
    recorder = MemoryRecorder("full")
    fill(recorder, "full", (20, 30))
    write_log(tmp_path / "run.h5", "full", {}, recorder)
    log = Log(tmp_path / "run.h5")
    same_tables(*({table: source.read(table) for table in source.tables()} for source in (recorder, log)))


def test_the_same_rows_make_the_same_bytes_however_they_came(tmp_path):
    whole, pieces = MemoryRecorder("links"), []
    fill(whole, "links", (BLOCK_ROWS + 10,))
    for start, stop in ((0, 7), (7, 7), (7, 9000), (9000, BLOCK_ROWS + 10)):
        pieces.append(Tables({table: {n: c[start:stop] for n, c in whole.read(table).items()}
                              for table in whole.tables()}))
    write_log(tmp_path / "a.h5", "links", {"seed": 1}, whole)
    write_log(tmp_path / "b.h5", "links", {"seed": 1}, MergedSources(pieces))
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


@pytest.mark.parametrize("stop", [0, 1, 4, 5, 9])
def test_what_is_gathered_ends_before_the_drop_where_it_is_to_stop(stop):
    sources = []
    for first in (0, 3):  # drops 0, 1, 2 and 3, 4, 5, two rows each
        recorder, drop = MemoryRecorder("summary"), np.repeat(np.arange(first, first + 3), 2)
        recorder.append("frames", {**some_rows("frames", 6), "drop": drop})
        sources.append(recorder)
    assert MergedSources(sources, stop).read("frames")["drop"].tolist() == [
        d for d in range(min(stop, 6)) for _ in range(2)
    ]


def test_a_log_appears_only_when_it_is_whole(tmp_path):
    with pytest.raises(ZeroDivisionError), hdf5_file(tmp_path / "run.h5", "summary", {}) as recorder:
        recorder.append("drops", some_rows("drops", 3))
        assert not (tmp_path / "run.h5").exists()
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_zeros_cost_nothing_and_keep_their_bits(tmp_path):
    count = 3 * BLOCK_ROWS
    recorder = MemoryRecorder("links")
    recorder.append("links/sensing", {**dict.fromkeys((c.name for c in TABLES["links/sensing"]), 0),
                                      "rate": np.zeros(count), "sir": np.full(count, -0.0)})
    write_log(tmp_path / "run.h5", "links", {}, recorder)
    found = Log(tmp_path / "run.h5").read("links/sensing")
    assert len(found["rate"]) == count
    assert not np.signbit(found["rate"]).any()
    assert np.signbit(found["sir"]).all()
    assert (tmp_path / "run.h5").stat().st_size < 1.5 * 8 * count


class Many:
    """A source of many blocks that are nowhere at once."""

    def __init__(self, count):
        self.count = count

    def tables(self):
        return LEVELS["links"]

    def columns(self, table):
        return TABLES[table] if table == "links/sensing" else ()

    def blocks(self, table):
        for number in range(self.count if table == "links/sensing" else 0):
            yield {name: np.asarray(column) + np.zeros(BLOCK_ROWS, TABLES[table][i].dtype)
                   for i, (name, column) in enumerate(some_rows(table, BLOCK_ROWS, number).items())}


def test_writing_a_log_holds_a_bounded_number_of_rows(tmp_path):
    """As much for 3 blocks as for 30."""
    peaks = []
    for count in 3, 30:
        tracemalloc.start()
        write_log(tmp_path / f"{count}.h5", "links", {}, Many(count))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]
