"""Rows to record."""

import numpy as np

from isacsys.recording.schema import LEVELS, TABLES


def some_rows(table, count, seed=0):
    """Columns of `count` rows; the last one is a scalar, as a recorder may get it."""
    rng = np.random.default_rng(seed)
    columns = {c.name: rng.integers(0, 100, count).astype(c.dtype) if c.dtype != "f8" else rng.exponential(size=count)
               for c in TABLES[table]}
    return columns | {TABLES[table][-1].name: 3}


def fill(recorder, level, counts, seed=0):
    """Append to every table of a level as often as `counts` says, and return what was appended."""
    expected = {table: [] for table in LEVELS[level]}
    for step, count in enumerate(counts):
        for table in LEVELS[level]:
            columns = some_rows(table, count, seed + step)
            recorder.append(table, columns)
            expected[table].append({name: np.broadcast_to(value, count) for name, value in columns.items()})
    return {table: {c.name: np.concatenate([part[c.name] for part in parts]) for c in TABLES[table]}
            for table, parts in expected.items()}


def same_tables(one, other):
    """Whether two mappings from table to columns agree in names, types and bits."""
    assert set(one) == set(other)
    for table in one:
        assert list(one[table]) == list(other[table]), table
        for name, column in one[table].items():
            assert column.dtype == other[table][name].dtype, (table, name)
            assert column.tobytes() == np.asarray(other[table][name]).tobytes(), (table, name)
