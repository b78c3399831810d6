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
    if name not in holder.attrs:
        return default
    found = holder.attrs.get_id(name)
    if found.shape != () or found.dtype.kind not in "biufSO" or found.get_storage_size() > LARGEST_ATTRIBUTE:
        raise ValueError(f"attribute {name[:60]!r} is neither a number nor a text")
    value = holder.attrs[name]
    value = value.item() if isinstance(value, np.generic) else value
    value = value.decode(errors="replace") if isinstance(value, bytes) else value
    if not isinstance(value, bool | int | float | str):
        raise ValueError(f"attribute {name[:60]!r} is neither a number nor a text")
    return value


def group(file: Any, path: str) -> Any:
    """Return a group of the file's own by its path; None where there is none. Raises ValueError for links elsewhere."""
    here = file
    for step in path.split("/"):
        if here.get(step, getlink=True) is None:
            return None
        here = own(here, step)
        if not isinstance(here, h5py.Group):
            raise ValueError(f"{path} is not a group")
    return here


def own(parent: Any, name: str) -> Any:
    """Return what is in a group under one name, and under no other name anywhere."""
    if not isinstance(parent.get(name, getlink=True), h5py.HardLink):
        raise ValueError(f"{name} is a link to another place")
    found = parent[name]
    if h5py.h5o.get_info(found.id).rc != 1:
        raise ValueError(f"{name} is in the file under several names")
    return found


def column(table: Any, column: Column) -> Any:
    """Return a dataset that holds its own data, all of it of a size and type that a log has."""
    if table.get(column.name, getlink=True) is None:
        raise ValueError(f"no column {column.name}")
    dataset = own(table, column.name)
    if not isinstance(dataset, h5py.Dataset) or dataset.is_virtual or dataset.external:
        raise ValueError(f"{column.name} does not hold its own data")
    wanted = np.dtype(column.dtype)
    kinds, largest = ("S", wanted.itemsize) if wanted.kind == "S" else ("iuf", 8)
    if (dataset.ndim != 1 or dataset.dtype.kind not in kinds or dataset.dtype.itemsize > largest
            or not np.can_cast(dataset.dtype, wanted, "same_kind")):
        raise ValueError(f"{column.name} is not a column of type {column.dtype}")
    if not _plainly_stored(dataset):
        raise ValueError(f"{column.name} is stored in a way that no log is")
    return dataset


def check_rows(datasets: dict[str, Any]) -> None:
    """Raise ValueError where columns differ in length, or have more rows than the file can hold of them."""
    lengths = {len(dataset) for dataset in datasets.values()}
    if len(lengths) != 1:
        raise ValueError("columns differ in length")
    held = max(_rows_held(dataset) for dataset in datasets.values())
    if lengths.pop() > FREE_CELLS // len(datasets) + held:
        raise ValueError("it claims rows that are not there")


def _plainly_stored(dataset: Any) -> bool:
    """Return whether it is in chunks as a log has them (one, or full ones), and packed by nothing that had to be
    loaded.
    """
    properties = dataset.id.get_create_plist()
    filters = {properties.get_filter(i)[0] for i in range(properties.get_nfilters())}
    chunk = BLOCK_ROWS if dataset.chunks is None else dataset.chunks[0]
    return filters <= _FILTERS and (chunk == BLOCK_ROWS or len(dataset) <= chunk < BLOCK_ROWS)


def _rows_held(dataset: Any) -> int:
    """Return the rows for which the file is large enough; unknown for packed columns."""
    packed = dataset.id.get_create_plist().get_nfilters() > 0
    return 0 if packed else int(dataset.id.get_storage_size() // dataset.dtype.itemsize)
