"""Networks of real places: positions from files, projected onto a plane, and traces over time."""

from isacsys.geography.cells import CellRows, read_cells
from isacsys.geography.projection import Projection
from isacsys.geography.survey import Survey, survey
from isacsys.geography.tables import PeopleRows, PlaceTable, read_people
from isacsys.geography.traces import Trace, is_trace, read_trace

__all__ = ["CellRows", "PeopleRows", "PlaceTable", "Projection", "Survey", "Trace", "is_trace", "read_cells",
           "read_people", "read_trace", "survey"]
