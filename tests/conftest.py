"""Settings of all tests: hypothesis judges what is found, not how long it takes on a machine that has other work."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("isacsys", max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("isacsys")


@pytest.fixture(scope="session", autouse=True)
def in_this_process():
    """Let runs of small drops stay in this process: a worker takes a second to start, and tests of workers ask for it.

    By default all runs of a program together have two seconds before workers are started.
    """
    from isacsys.campaign import executors

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(executors, "PATIENCE", 1e6)
        yield
