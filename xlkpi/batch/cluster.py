"""Files to the workers of a dask cluster and back. The same function as everywhere runs there, one file at a time.

The workers need the same version of xlkpi, and must reach the files and the output folder under the same paths: on a
shared disk, or at a URL that fsspec knows. A worker that dies loses nothing: the scheduler hands its files to others.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from xlkpi.batch.manifest import tool
from xlkpi.batch.processes import Scored
from xlkpi.batch.work import FileOutcome, Setup, SourceFile, Worker, death_finding, failed_outcome
from xlkpi.files import fault

AHEAD: Final = 256  # files submitted at a time: enough for a hundred workers, few enough to resubmit after a crash

_setups: dict[str, tuple[Setup, str]] = {}  # on a worker: what each run needs, by the run
_local = threading.local()  # each thread of a worker has its own engine: engines are not thread-safe


class OtherVersion(Exception):
    """A cluster's worker runs another version of the tool than the client."""


def score_on_cluster(setup: Setup, files: Iterable[SourceFile], address: str) -> Scored:
    """Score on the workers of the scheduler at this address (tcp://host:port); yields files as they finish.

    Raises:
        OSError: no scheduler answers there.
    """
    from distributed import Client  # noqa: PLC0415 - an extra, and heavy

    if setup.folder is not None:
        setup = replace(setup, folder=_everywhere(setup.folder))
    run = uuid4().hex
    connect: Any = Client
    with connect(address, set_as_default=False) as client:
        client.register_plugin(_plugin(run, setup), name=run)
        try:
            yield from _through(client, run, iter(files))
        finally:
            client.unregister_worker_plugin(run)


def _through(client: Any, run: str, waiting: Iterator[SourceFile]) -> Scored:
    from distributed import as_completed  # noqa: PLC0415 - an extra, and heavy

    out: dict[str, SourceFile] = {}

    def handed(source: SourceFile) -> Any:
        future = client.submit(_score, run, source.with_paths(_everywhere), pure=False)
        out[future.key] = source
        return future

    completed: Any = as_completed
    futures = completed([handed(source) for source in islice(waiting, AHEAD)], loop=client.loop)
    for future in futures:
        source = out.pop(future.key)
        error = future.exception()
        if isinstance(error, OtherVersion):
            raise error
        outcome = future.result() if error is None else failed_outcome(source, death_finding(source, fault(error)))
        future.release()
        for following in islice(waiting, 1):
            futures.add(handed(following))
        yield source, outcome


def _everywhere(path: Path) -> Path:
    """A path that means the same in another working folder."""
    return path.absolute() if isinstance(path, Path) else path


def _plugin(run: str, setup: Setup) -> Any:
    """Gives a run's setup to every worker, also to one that joins later, and takes it away at the end."""
    from distributed import WorkerPlugin  # noqa: PLC0415 - an extra, and heavy

    expected = tool(setup.engine)

    class Ready(WorkerPlugin):
        def setup(self, worker: Any) -> None:
            _begin(run, setup, expected)

        def teardown(self, worker: Any) -> None:
            _end(run)

    return Ready()


# functions of a module travel by name, so these two reach the worker's own _setups
def _begin(run: str, setup: Setup, expected: str) -> None:
    _setups[run] = setup, expected


def _end(run: str) -> None:
    _setups.pop(run, None)


def _score(run: str, source: SourceFile) -> FileOutcome:
    if getattr(_local, "run", "") != run:
        setup, expected = _setups[run]
        if tool(setup.engine) != expected:
            raise OtherVersion(f"a worker has {tool(setup.engine)}; this is {expected}")
        _local.run, _local.worker = run, Worker(setup)
    worker: Worker = _local.worker
    return worker.score(source)
