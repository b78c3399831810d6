"""Looking into an HDF5 file that may come from anywhere: no link is followed, and sizes are held against the file."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np

from isacsys.core.columns import Column
from isacsys.recording.schema import BLOCK_ROWS

MOST_ATTRIBUTES, LARGEST_ATTRIBUTE = 200, 2**20
FREE_CELLS = 2**25  # of a table, whatever the file holds: zeros take no space, and whole numbers hardly any
_FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}


def attributes(holder: Any) -> dict[str, Any]:
    """Return the attributes of a file, group or dataset as plain values. Raises ValueError for those that are none."""
    if len(holder.attrs) > MOST_ATTRIBUTES:
        raise ValueError(f"{len(holder.attrs)} attributes")
    return {name: attribute(holder, name) for name in holder.attrs}


def attribute(holder: Any, name: str, default: Any = None) -> Any:
    """Return an attribute that is a single number or a text."""
    coded = name.encode(errors="surrogateescape")
    if not h5py.h5a.exists(holder.id, coded):
        return default
    found = h5py.h5a.open(holder.id, coded)
    kind = found.dtype
    if found.shape != () or kind.kind not in "biufSO" or found.get_storage_size() > LARGEST_ATTRIBUTE:
        raise ValueError(f"attribute {name[:60]!r} is neither a number nor a text")
    held = np.zeros((), kind)
    found.read(held, mtype=h5py.h5t.py_create(kind))
    value = held.item()
    if isinstance(value, bytes):
        value = value.decode(errors="replace" if kind.kind == "S" else "surrogateescape")
    if not isinstance(value, bool | int | float | str):
        raise ValueError(f"attribute {name[:60]!r} is neither a number nor a text")
    return value


def group(file: Any, path: str) -> Any:
    """Return a group of the file's own by its path; None where there is none. Raises ValueError for links elsewhere."""
    here = file
    for step in path.split("/"):
        if not there(here, step):
            return None
        here = own(here, step)
        if not isinstance(here, h5py.Group):
            raise ValueError(f"{path} is not a group")
    return here


def own(parent: Any, name: str) -> Any:
    """Return the group or dataset under one name, and under no other name anywhere; None for anything else."""
    coded = name.encode(errors="surrogateescape")
    if parent.id.links.get_info(coded).type != h5py.h5l.TYPE_HARD:
        raise ValueError(f"{name} is a link to another place")
    found = h5py.h5o.open(parent.id, coded)
    if h5py.h5o.get_info(found).rc != 1:
        raise ValueError(f"{name} is in the file under several names")
    if isinstance(found, h5py.h5d.DatasetID):
        return h5py.Dataset(found, readonly=True)
    return h5py.Group(found) if isinstance(found, h5py.h5g.GroupID) else None


def there(parent: Any, name: str) -> bool:
    """Return whether a group has anything of this name."""
    return bool(parent.id.links.exists(name.encode(errors="surrogateescape")))


def column(table: Any, column: Column) -> Any:
    """Return a dataset that holds its own data, all of it of a size and type that a log has."""
    if not there(table, column.name):
        raise ValueError(f"no column {column.name}")
    dataset = own(table, column.name)
    if not isinstance(dataset, h5py.Dataset):
        raise ValueError(f"{column.name} does not hold its own data")
    _check_storage(column.name, dataset)
    wanted, kind = np.dtype(column.dtype), dataset.dtype
    kinds, largest = ("S", wanted.itemsize) if wanted.kind == "S" else ("iuf", 8)
    if (dataset.ndim != 1 or kind.kind not in kinds or kind.itemsize > largest
            or not np.can_cast(kind, wanted, "same_kind")):
        raise ValueError(f"{column.name} is not a column of type {column.dtype}")
    return dataset


def _check_storage(name: str, dataset: Any) -> None:
    """Raise ValueError unless it holds its own data, in chunks as a log has them (one, or full ones) or in one piece,
    and is packed by nothing that had to be loaded.
    """
    properties = dataset.id.get_create_plist()
    layout = properties.get_layout()
    if layout == h5py.h5d.VIRTUAL or properties.get_external_count():
        raise ValueError(f"{name} does not hold its own data")
    filters = {properties.get_filter(i)[0] for i in range(properties.get_nfilters())}
    chunk = properties.get_chunk()[0] if layout == h5py.h5d.CHUNKED else BLOCK_ROWS
    if not filters <= _FILTERS or not (chunk == BLOCK_ROWS or dataset.shape[0] <= chunk < BLOCK_ROWS):
        raise ValueError(f"{name} is stored in a way that no log is")


def check_rows(datasets: dict[str, Any]) -> None:
    """Raise ValueError where columns differ in length, or have more rows than the file can hold of them."""
    lengths = {len(dataset) for dataset in datasets.values()}
    if len(lengths) != 1:
        raise ValueError("columns differ in length")
    held = max(_rows_held(dataset) for dataset in datasets.values())
    if lengths.pop() > FREE_CELLS // len(datasets) + held:
        raise ValueError("it claims rows that are not there")


def _rows_held(dataset: Any) -> int:
    """Return the rows for which the file is large enough; unknown for packed columns."""
    packed = dataset.id.get_create_plist().get_nfilters() > 0
    return 0 if packed else int(dataset.id.get_storage_size() // dataset.dtype.itemsize)
