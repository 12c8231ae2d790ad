"""Runs on a cluster, by Dask."""

from __future__ import annotations

import contextlib
import ipaddress
import multiprocessing
import os
import warnings
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field

from harness.sweeps.executors.executor import cores
from harness.sweeps.executors.pooled import FRUITLESS, PooledExecutor, WorkersDiedError
from harness.sweeps.executors.processes import MOST_WORKERS, ONE_THREAD
from harness.sweeps.executors.run_groups import RunGroup, unsendable
from harness.sweeps.interrupts import deferred, unheard_by_children
from harness.sweeps.plugins import loaded_plugins
from harness.sweeps.worker import Done, do_group, end_with, forget, load, unpack
from optimizers.errors import InputError
from optimizers.options import Count, options
from optimizers.printable import shown

CONNECTING_SECONDS = 15
"""How long a scheduler may take to answer, and the first worker to appear."""

SETTINGS = {
    # In the place of Dask's own, by which every large array that is let go of goes back to the system, and is
    # asked for again: runs took a tenth longer.
    "distributed.nanny.pre-spawn-environ": ONE_THREAD,
    # A run that has killed its worker is tried once more, alone, by ``PooledExecutor``.
    "distributed.scheduler.allowed-failures": 0,
    # A worker samples its own stack a hundred times a second, and every event loop looks at its clock fifty
    # times. Without: 5 % more work done by a worker, and 1 % of a core for scheduler and nannies, not 3.6 %.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
}
"""What a cluster that is started here is told."""


@options
class Dask(PooledExecutor):
    """Do runs on the workers of a Dask cluster, each on one thread; needs the extra ``cluster``.

    Clusters of SLURM, PBS or Kubernetes are started by Dask's own packages, which give an address::

        from dask_jobqueue import SLURMCluster

        cluster = SLURMCluster(cores=1, memory="2GB")
        cluster.scale(100)
        harness.run("iris", "adam", budget=1e4, executor=f"dask:address={cluster.scheduler_address}")

    Its workers need this package, and the plug-in files of the experiment at the same paths.

    Attributes:
        address: of the scheduler, such as "tcp://10.0.0.5:8786"; None starts a cluster on this machine, which
            listens to this machine alone. Dask asks nobody who he is, so another machine's is warned of.
        workers: processes of a cluster on this machine; None takes one a core. A cluster that has an address
            has the workers that it has, and more may join.
    """

    address: str | None = None
    workers: Annotated[Count, Field(le=MOST_WORKERS)] | None = None

    def __post_init__(self) -> None:
        if self.address is not None and self.workers is not None:
            raise InputError(
                f"Dask: option 'workers' is {self.workers} beside an address, where the cluster has its own "
                "workers: leave one of them out"
            )

    def processes(self) -> int:
        """Return the number of workers; of a cluster elsewhere, how many groups it is given at least."""
        return self.workers or cores()

    def start(self, digest: str, problems: bytes) -> Cluster:
        """Connect, and send each worker the problems and the names of plug-in files."""
        return Cluster(self.address, self.processes(), digest, problems)


class Cluster:
    """Workers of Dask.

    Arguments:
        address: of the scheduler, or None to start one here.
        count: workers to start here.
        digest: of the problems.
        problems: the problems of all runs, pickled: each worker gets them once, also one that joins later.
    """

    def __init__(self, address: str | None, count: int, digest: str, problems: bytes) -> None:
        try:
            from distributed.scheduler import KilledWorker
        except ImportError:
            raise InputError(
                "the executor dask needs the package distributed: pip install 'neural-harness[cluster]'"
            ) from None
        self._killed, self._digest = KilledWorker, digest
        if address is not None and not _is_safe(address):
            warnings.warn(
                f"whoever reaches {shown(address)} over the network can run code on it and read what is "
                "sent: nothing is encrypted without tls://, so keep it to a network of your own",
                stacklevel=2,
            )
        self._closing = contextlib.ExitStack()
        # A worker that dies while it starts takes its cluster with it, as does one whose script has no guard;
        # what such a script begets, which is itself still starting, can start nothing.
        tries = FRUITLESS if address is None and not _starting() else 1
        for failed in range(1, tries + 1):
            try:
                # A cluster that is interrupted while it starts can neither be used nor closed. The threads
                # that start its workers, now and later, keep what they must not hear from this moment.
                with deferred(), unheard_by_children() if address is None else contextlib.nullcontext():
                    self._begin(address, count, problems)
                break
            except BaseException as error:
                self._close()
                if not isinstance(error, OSError | ValueError | RuntimeError):
                    raise
                if failed == tries:
                    raise _unable(address, error) from None
        self._executor = self._client.get_executor(pure=False)

    def _begin(self, address: str | None, count: int, problems: bytes) -> None:
        import dask
        from distributed import Client, LocalCluster

        # Dask leaves what it tells its workers in this process's own environment.
        self._closing.callback(_restore, dict(os.environ))
        self._closing.enter_context(dask.config.set(SETTINGS))
        cluster: Any = address
        if address is None:
            here = {"threads_per_worker": 1, "host": "127.0.0.1"}
            # Nobody sees the scheduler's pages, which are served all the same: at a port of their own, for at
            # 8787 a second sweep would find the first.
            pages = {"dashboard_address": "127.0.0.1:0", "scheduler_kwargs": {"dashboard": False}}
            cluster = LocalCluster(n_workers=count, silence_logs="CRITICAL", **here, **pages)
            self._closing.callback(cluster.close)
        self._client = Client(cluster, timeout=CONNECTING_SECONDS, set_as_default=False)
        self._closing.callback(self._client.close)
        parent = os.getpid() if address is None else None
        self._client.register_plugin(_arrival(parent, loaded_plugins(), self._digest, problems))
        self._client.wait_for_workers(1, timeout=CONNECTING_SECONDS)

    def submit(self, group: RunGroup) -> Future[Done]:
        """Give a group to a worker."""
        future: Future[Done] = self._executor.submit(do_group, self._digest, None, group)
        return future

    def result(self, future: Future[Done]) -> Done:
        """Return what came back."""
        try:
            return future.result()
        except self._killed:
            raise WorkersDiedError from None
        except (CancelledError, OSError) as error:
            raise InputError(
                f"the Dask cluster was lost ({error}): what is finished is kept, and the same command "
                "goes on from here"
            ) from None
        except Exception as error:
            raise unsendable(error) from None

    def renew(self) -> None:
        """Wait until there is a worker: Dask starts them again itself."""
        try:
            self._client.wait_for_workers(1, timeout=CONNECTING_SECONDS)
        except TimeoutError:
            raise WorkersDiedError from None

    def end(self, at_once: bool) -> None:
        """Take leave of the cluster, or end it where it was started here."""
        if at_once:
            self._executor.shutdown(wait=False)
        with contextlib.suppress(OSError, ValueError):
            self._client.unregister_worker_plugin(f"harness-{self._digest}")
        self._close()

    def _close(self) -> None:
        with deferred():
            self._closing.close()


def _is_safe(address: str) -> bool:
    """Say whether an address is of this machine alone, or encrypted.

    >>> [_is_safe(each) for each in ("tcp://10.0.0.5:8786", "tls://10.0.0.5:1", "tcp://[::1]:1", "localhost")]
    [False, True, True, True]
    """
    way, _, rest = address.rpartition("://")
    host = urlsplit(f"//{rest}").hostname or ""
    with contextlib.suppress(ValueError):
        return way in ("tls", "inproc") or ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def _starting() -> bool:
    """Say whether this is a child process that is still importing the script of its parent."""
    return bool(getattr(multiprocessing.current_process(), "_inheriting", False))


def _unable(address: str | None, error: Exception) -> InputError:
    if address is not None:
        return InputError(
            f"no Dask cluster answers at {shown(address)} ({error}): give its scheduler's address"
        )
    return InputError(
        f"no worker of a Dask cluster could be started here ({error}): a script that starts one begins it "
        "under `if __name__ == '__main__':`, for each worker imports the script"
    )


def _restore(environment: dict[str, str]) -> None:
    for name in set(os.environ) - set(environment):
        del os.environ[name]
    os.environ.update(environment)


def _arrival(parent: int | None, plugins: Sequence[str], digest: str, problems: bytes) -> Any:
    """Return what each worker does first."""
    from distributed import WorkerPlugin

    class Arrival(WorkerPlugin):
        """Load plug-ins and problems, and end with the parent where that is on this machine."""

        name = f"harness-{digest}"

        def setup(self, worker: Any) -> None:
            if parent is not None:
                end_with(parent)
            load(plugins)
            unpack(digest, problems)

        def teardown(self, worker: Any) -> None:
            forget(digest)

    return Arrival()
