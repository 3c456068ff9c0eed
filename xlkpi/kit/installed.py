"""检查安装.bat: whether the kit is as it was made, and whether it works; in words that need no explanation."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

LIST: Final = "python/kit.sha256"
"""In the kit: the hash of every other file, as sha256sum writes it."""
TOTAL: Final = 88.2257978500812  # of the demonstration's D001
_SHOWN: Final = 20  # files that are listed


def faults(kit: Path) -> Iterator[str]:
    """What is missing or altered."""
    for line in (kit / LIST).read_text("utf-8").splitlines():
        digest, _, name = line.partition("  ")
        path = kit / name
        if not path.is_file():
            yield f"缺少：{name}"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            yield f"被改动：{name}"


def trial() -> str:
    """What is wrong with a demonstration; "" where it comes out as it must."""
    with tempfile.TemporaryDirectory(prefix="xlkpi 试算 ") as place:
        command = [sys.executable, "-X", "utf8", "-m", "xlkpi", "demo", "-o", place]
        ended = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)  # noqa: S603 - ours
        try:
            scores = json.loads(Path(place, "out", "scores.json").read_text("utf-8"))
        except OSError:
            return ended.stderr[-2000:] or ended.stdout[-2000:]
    totals = [dealer["total"] for dealer in scores["dealers"] if dealer["dealer"] == "D001"]
    return "" if totals == [TOTAL] else f"试算的得分不对：{totals}"


def report(kit: Path) -> list[str]:
    """The lines to show; the last says whether all is well."""
    problems = list(faults(kit))
    if problems:
        more = [f"……共 {len(problems)} 个文件"] if len(problems) > _SHOWN else []
        return [
            *problems[:_SHOWN],
            *more,
            "安装不完整：请把压缩包重新解压到一个新文件夹；仍然缺的，多半被杀毒软件拿走了。",
        ]
    wrong = trial()
    return [wrong, "安装有问题，请联系总部。"] if wrong else ["安装完好，可以双击“开始.bat”。"]


if __name__ == "__main__":
    lines = report(Path(sys.executable).parents[1])
    sys.stdout.write("\n".join(lines) + "\n")
    sys.exit("完好" not in lines[-1])
