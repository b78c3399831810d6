"""The executor for more than one machine: a dask cluster, the user's or one made here.

dask itself runs the calls of a worker that died again, on another one.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from isacsys.campaign.plan import differences, processor
from isacsys.campaign.worker_process import worker_surroundings
from isacsys.core.errors import ConfigError, IncompleteRun

_START_SECONDS = 60


class Dask:
    """Runs everything on a dask cluster.

    Parameters
    ----------
    workers : int
        Processes of the cluster that is made where there is no ``address``.
    address : str or None
        Of a scheduler that is there already (``"tcp://…"``).
    """

    shares_files = False  # its workers may be anywhere

    def __init__(self, workers: int, address: str | None) -> None:
        if address is not None and not address.strip():
            raise ConfigError("dask_address", address, "the address of a dask scheduler, such as tcp://host:8786")
        try:
            distributed: Any = importlib.import_module("distributed")
        except ImportError:
            raise ConfigError("executor", "dask", "pip install 'isacsys[dask]' first") from None
        self.lost: tuple[type[BaseException], ...] = (distributed.KilledWorker,)
        with worker_surroundings():
            self._cluster = None if address else distributed.LocalCluster(
                n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=":0")
        try:
            self._client = distributed.Client(address or self._cluster, timeout=_START_SECONDS)
            self._client.wait_for_workers(1, timeout=_START_SECONDS)
        except (OSError, ValueError, TypeError, TimeoutError) as error:  # TypeError: tls:// without a certificate
            raise IncompleteRun(f"no dask workers at {address or 'this machine'} ({_brief(error)})") from None
        self._executor = self._client.get_executor(pure=False)
        self._seen: set[str] = set()
        self._compare()

    @property
    def slots(self) -> int:
        """One call for every thread of the cluster as it is now, and one waiting."""
        threads = sum(self._client.nthreads().values())
        self._compare()
        return max(2, 2 * threads)

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        """Call ``function`` on some worker."""
        future: Future[Any] = self._executor.submit(function, *arguments)
        return future

    def _compare(self) -> None:
        """Warn once of every new worker whose processor is of another kind: its last digits may be others."""
        here = [worker for worker in self._client.nthreads() if worker not in self._seen]
        if not here:
            return
        self._seen.update(here)
        for worker, theirs in self._client.run(processor, workers=here, on_error="ignore").items():
            for words in differences(theirs, processor()):
                warnings.warn(f"the dask worker {worker} is another kind of processor ({words}): numbers may differ in "
                              "the last digits, also when this is run again", stacklevel=2)

    def interrupt(self) -> None:
        """Do nothing: a running batch ends by itself."""

    def close(self, *, kill: bool = False) -> None:
        """Leave the cluster, and end it where it is ours."""
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()


def _brief(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
