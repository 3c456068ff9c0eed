"""Whether two engines leave the same bytes: scores, ranking workbook, assessed workbooks.

By hand: python tests/bench/identity.py [--files 200] [--scheme dealer-monthly] [--engines compiled formualizer]

Prints how many files were compared and which differ; ends with 1 where one does. In scores.json the engine's own name,
which stands once, is set aside, as is the manifest, which goes by it.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from books import make_issue_for, write_all

from xlkpi.batch.manifest import MANIFEST_FILE

_ENGINE = re.compile(rb'"engine": ?"[a-z]+"')


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--scheme", default="dealer-monthly")
    parser.add_argument("--engines", nargs=2, default=["compiled", "formualizer"])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "month"
        write_all(make_issue_for(given.scheme, given.files), folder)
        made = [outputs(folder, engine) for engine in given.engines]
    unlike = sorted(path for path in made[0].keys() | made[1].keys() if made[0].get(path) != made[1].get(path))
    print(f"{len(made[0])} files of {given.files} dealers of {given.scheme}, {len(unlike)} differ")
    for path in unlike:
        print(path)
    return min(len(unlike), 1)


def outputs(folder: Path, engine: str) -> dict[str, bytes]:
    """What a run with that engine leaves."""
    out = folder / engine
    command = [sys.executable, "-m", "xlkpi", "score", str(folder / "sent"), "--issue", str(folder / "issue"),
               "-o", str(out), "--engine", engine, "--jobs", "1"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)
    found = (path for path in sorted(out.rglob("*")) if path.is_file() and path.name != MANIFEST_FILE)
    files = {str(path.relative_to(out)): path.read_bytes() for path in found}
    return {path: _ENGINE.sub(b"", data) for path, data in files.items()}


if __name__ == "__main__":
    sys.exit(main())
