"""How fast the local page answers: its first view, and files dropped on it. By hand, never in a test:

    python tests/bench/desk.py WORKSPACE [FOLDER]

WORKSPACE is a workspace with a month that is received (2,000 dealers, say); FOLDER holds files to drop (400, say).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from shared.desk import Desk, desk

from xlkpi.workspace.places import find_workspace


def timed(page: Desk, path: str) -> None:
    began = time.perf_counter()
    answer = page.ask(path)
    print(f"{path:32} {answer.status}  {len(answer.body):>9,} bytes  {time.perf_counter() - began:7.3f} s", flush=True)


def main(root: Path, dropped: Path | None) -> None:
    month = find_workspace(root).current().month
    began = time.perf_counter()
    with desk(root) as page:
        print(f"the address is printed after {time.perf_counter() - began:.3f} s")
        page.enter()
        for path in ("/", f"/m/{month}"):
            timed(page, path)
        if dropped is not None:
            files = {path.name: path.read_bytes() for path in dropped.iterdir() if path.is_file()}
            began = time.perf_counter()
            number = page.drop(month, files)
            print(f"{len(files)} files are taken and answered after {time.perf_counter() - began:.3f} s")
            timed(page, f"/m/{month}?job={number}")
            page.over(f"/m/{month}", number, 100_000)
            print(f"they are received, checked and scored after {time.perf_counter() - began:.1f} s")
        for place in ("next", "", "returns", "findings", "ranking", "inspections", "files"):
            timed(page, f"/m/{month}/{place}".rstrip("/"))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
