"""Settings of all tests: hypothesis judges what is found, not how long it takes on a machine that has other work."""

import os
import sys

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("isacsys", max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("isacsys")


def pytest_configure(config):
    """Keep bytecode in the folder of pytest's cache where none may stand beside sources: a start compiled all again."""
    cache = getattr(config, "cache", None)
    if cache is not None and os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        sys.dont_write_bytecode = False
        sys.pycache_prefix = os.environ.setdefault("PYTHONPYCACHEPREFIX", str(cache.mkdir("bytecode")))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Make the environment the same in all tests: workers are kept from one run to the next only where it is."""
    os.environ["PYTEST_CURRENT_TEST"] = "one of them"


@pytest.fixture(scope="session", autouse=True)
def in_this_process():
    """Let runs of small drops stay in this process: a worker takes a second to start, and tests of workers ask for it.

    By default all runs of a program together have two seconds before workers are started.
    """
    from isacsys.campaign import executors

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(executors, "PATIENCE", 1e6)
        yield
