"""The MCS tables of TS 38.214."""

import numpy as np
import pytest

from isacsys.config.link import LinkSettings
from isacsys.core.errors import ConfigError
from isacsys.link.blocks import mcs_count, mcs_table


@pytest.mark.parametrize(("number", "rows", "first", "last", "largest"), [
    (1, 29, 0.2344, 5.5547, 6), (2, 28, 0.2344, 7.4063, 8), (3, 29, 0.0586, 4.5234, 6)])
def test_spectral_efficiencies_are_those_of_the_standard(number, rows, first, last, largest):
    table = mcs_table(number)
    assert len(table) == mcs_count(number) == rows
    assert table.efficiency[[0, -1]] == pytest.approx([first, last], abs=5e-5)
    assert table.order.max() == largest
    assert (np.diff(table.efficiency)[np.diff(table.order) == 0] > 0).all()
    assert (np.abs(np.diff(table.efficiency)[np.diff(table.order) > 0]) < 0.35).all()


def test_a_scheme_beyond_its_table_is_refused():
    assert LinkSettings(mcs=28).mcs == 28
    with pytest.raises(ConfigError, match="link.mcs"):
        LinkSettings(mcs=28, mcs_table=2)
