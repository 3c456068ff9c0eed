"""Past one machine: a real scheduler and two real worker processes on loopback, one of which is killed in mid-run."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from xlkpi.batch import Batch, run
from xlkpi.batch.cluster import score_on_cluster
from xlkpi.cli import main

from .conftest import Sent

pytest.importorskip("distributed", reason="needs xlkpi[cluster]")
pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="Windows knows no SIGKILL"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # tornado leaves sockets to the collector
    pytest.mark.filterwarnings("ignore::DeprecationWarning:(distributed|dask|tornado).*"),
]


@dataclass(frozen=True)
class Cluster:
    """A scheduler's address and the worker processes, each without a nanny: who is killed stays away."""

    address: str
    workers: list[subprocess.Popen[bytes]]


def start(*words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "distributed.cli." + words[0], *words[1:]]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    from distributed import Client

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address, scratch = f"tcp://127.0.0.1:{port}", str(tmp_path_factory.mktemp("dask"))
    common = ("--no-dashboard", "--host", "127.0.0.1")
    processes = [start("dask_scheduler", *common, "--port", str(port))]
    one = ("--no-nanny", "--nworkers", "1", "--nthreads", "1", "--local-directory", scratch)
    processes += [start("dask_worker", address, *common, *one) for _ in range(2)]
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                with Client(address, timeout="5s", set_as_default=False) as client:
                    client.wait_for_workers(2, timeout=60)
                break
            except OSError:
                assert time.monotonic() < deadline, "no scheduler"
        yield Cluster(address, processes[1:])
    finally:
        for process in processes:
            process.kill()
            process.wait()


def summary(batch: Batch) -> tuple[list[object], list[tuple[str, list[str]]]]:
    return list(batch.assessments), [(u.file, [f.code for f in u.findings]) for u in batch.unusable]


def test_a_worker_that_is_killed_in_mid_run_loses_no_file_and_changes_no_byte(
    many: Sent, cluster: Cluster, contents: Callable[[Path], dict[str, bytes]], tmp_path: Path
) -> None:
    local = run(many.issue, many.files, out=tmp_path / "local")
    told: list[int] = []

    def progress(done: int, total: int) -> None:
        told.append(done)
        if done == 3:
            os.kill(cluster.workers[0].pid, signal.SIGKILL)

    there = partial(score_on_cluster, address=cluster.address)
    far = run(many.issue, many.files, out=tmp_path / "far", runner=there, progress=progress)
    assert cluster.workers[0].wait(10) == -signal.SIGKILL
    assert told == list(range(len(many.files) + 1)), "every file once"
    assert summary(far) == summary(local)
    assert contents(tmp_path / "far") == contents(tmp_path / "local")


def test_the_command_scores_on_the_cluster(many: Sent, cluster: Cluster, tmp_path: Path) -> None:
    words = ["score", str(many.folder), "--issue", str(many.blank), "-o", str(tmp_path), "--cluster", cluster.address]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 4, done.output
    assert len(list((tmp_path / "assessed").iterdir())) == len(many.files) - 1


def test_where_no_scheduler_answers_the_command_says_so(many: Sent, tmp_path: Path) -> None:
    from dask import config

    with socket.socket() as taken, config.set({"distributed.comm.timeouts.connect": "1s"}):
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        words = ["score", str(many.folder), "--issue", str(many.blank), "-o", str(tmp_path), "--cluster", address]
        done = CliRunner().invoke(main, words)
    assert done.exit_code == 1
    assert address in done.output
