"""The Windows leg: the kit, built of the real wheels, unpacked into a path with Chinese and blanks and run under Wine.

`leg.py KIT.zip FOLDER PYTHON` (PYTHON has ziglang); WINEPREFIX names Wine's own folder. Its last line counts.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from shared import pinned  # noqa: E402 - this is no package

PATIENCE = 600
WITHOUT_WMI = "import sys; sys.modules['_wmi'] = None\n"  # Wine 8 ends in it


class Windows:
    """The unpacked kit."""

    def __init__(self, kit: Path, folder: Path, python: str):
        with zipfile.ZipFile(kit) as archive:
            archive.extractall(folder / "放在 这里")
        self.kit, self.folder = folder / "放在 这里" / "绩效工具", folder
        site = self.kit / "python" / "Lib" / "site-packages"
        (module,) = site.glob("numpy/_core/_multiarray_umath*.pyd")
        original = module.read_bytes()
        subprocess.run([sys.executable, HERE / "wine_numpy.py", module, folder / "numpy", python], check=True)
        listed, now = self.kit / "python" / "kit.sha256", hashlib.sha256(module.read_bytes()).hexdigest()
        listed.write_text(listed.read_text("utf-8").replace(hashlib.sha256(original).hexdigest(), now), "utf-8")
        (site / "sitecustomize.py").write_text(WITHOUT_WMI)
        library = folder / "bcryptprimitives.dll"
        subprocess.run(
            [python, "-m", "ziglang", "cc", "-target", "x86_64-windows-gnu", "-shared", "-nostdlib", "-O1", "-w", "-o",
             library, HERE / "bcryptprimitives.c", "-ladvapi32", "-lkernel32"], check=True,
        )  # fmt: skip
        chinese = folder / "locales" / "zh_CN.UTF-8"  # Wine takes the code page of Chinese Windows, 936, from it
        chinese.parent.mkdir()
        subprocess.run(["localedef", "-i", "zh_CN", "-f", "UTF-8", chinese], check=True)
        self.environment = {
            **os.environ, "WINEDEBUG": "-all", "WINEDLLOVERRIDES": "mscoree=;mshtml=",
            "LOCPATH": str(chinese.parent), "LC_ALL": chinese.name,
        }  # fmt: skip
        self.run("wineboot", "-i")
        shutil.copy(library, Path(os.environ["WINEPREFIX"], "drive_c", "windows", "system32"))

    def run(self, *words: object, encoding: str = "utf-8", check: bool = False) -> str:
        """What a Windows program prints; its streams are pipes."""
        done = subprocess.run(
            ["wine", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=self.environment, timeout=PATIENCE, cwd=self.kit, check=False, input=b"\r\n",
        )  # fmt: skip
        text = done.stdout.decode(encoding, errors="replace")
        assert not check or done.returncode == 0, text[-3000:]
        return text

    def python(self, *words: object) -> str:
        """The kit's own Python."""
        return self.run(self.kit / "python" / "python.exe", "-X", "utf8", *words)


def the_kit_is_whole(windows: Windows) -> None:
    """检查安装.bat."""
    said = windows.run("cmd", "/c", "检查安装.bat")
    assert "安装完好" in said, said[-2000:]


def the_demonstration_is_the_same_byte_for_byte(windows: Windows) -> None:
    """As on Linux: the list of hashes is one."""
    demo = windows.folder / "demo"
    (demo / "blank").mkdir(parents=True)
    (demo / "blank" / "issue.key").write_bytes(pinned.KEY)
    said = windows.python("-m", "xlkpi", "demo", "-o", demo)
    assert pinned.differences(demo) == [], said[-2000:]


def a_gbk_console(windows: Windows) -> None:
    """Without -X utf8 a pipe has the system's code page; what is printed is GBK there, signs that it lacks too."""
    said = windows.run(
        windows.kit / "python" / "python.exe", "-c",
        "import locale, sys; print(locale.getpreferredencoding(), sys.stdout.encoding); from xlkpi.cli import main; "
        "main(['--lang', 'zh', 'scheme', 'show', 'service-assessment'])", encoding="gbk",
    )  # fmt: skip
    assert said.startswith("cp936 gbk"), said[:200]
    assert "绩效考核表" in said, said[-2000:]


def the_page_answers(windows: Windows) -> None:
    """开始.bat serves on the loopback address; without its token nobody gets in."""
    command = ["wine", "cmd", "/c", "开始.bat", str(windows.folder / "数据 夹"), "--no-browser"]
    running = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=windows.environment,
        cwd=windows.kit,
    )  # fmt: skip
    try:
        assert running.stdout is not None
        said, address = "", None
        began = time.monotonic()
        while address is None and time.monotonic() - began < PATIENCE:
            line = running.stdout.readline().decode("utf-8", errors="replace")
            if not line:
                break
            said += line
            address = re.search(r"http://127\.0\.0\.1:\d+/\S*", line)
        assert address is not None, said
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with opener.open(address[0], timeout=60) as answer:
            assert answer.status == 200
            assert "绩效" in answer.read().decode("utf-8")
        try:
            urllib.request.urlopen(address[0].partition("?")[0].rsplit("/", 1)[0] + "/", timeout=60)
        except urllib.error.HTTPError as refused:
            assert refused.code in (401, 403, 404)
        else:
            raise AssertionError("it answered without the token")
    finally:
        subprocess.run(["wineserver", "-k"], env=windows.environment, check=False)
        running.wait(60)


def main() -> int:
    """Run all checks."""
    windows = Windows(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
    faults: dict[str, str] = {}
    for check in (the_kit_is_whole, the_demonstration_is_the_same_byte_for_byte, a_gbk_console, None, the_page_answers):
        if check is None:
            lines = windows.python(HERE / "inside.py", windows.folder).splitlines()
            told = [json.loads(line) for line in lines if line.startswith('{"check"')]
            faults |= {one["check"]: one["fault"] for one in told}
            if len(told) != 5:
                faults["inside.py"] = "\n".join(lines[-40:])
            continue
        try:
            check(windows)
            faults[check.__name__.replace("_", " ")] = ""
        except Exception as error:
            faults[check.__name__.replace("_", " ")] = f"{type(error).__name__}: {error}"
    for name, fault in faults.items():
        print(f"{'ok    ' if not fault else 'FAILED'} {name}" + (f"\n{fault}" if fault else ""))
    failed = sum(map(bool, faults.values()))
    print(f"{len(faults) - failed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
