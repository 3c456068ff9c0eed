"""numpy for Wine 8, whose C runtime lacks complex functions: numpy's module is made to look for its mathematics in a
library beside it, which hands everything on to Wine's own but those few."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

SOURCE = """
typedef struct { float re, im; } F; typedef struct { double re, im; } D;
#define X __declspec(dllexport)
X float crealf(F z) { return z.re; } X float cimagf(F z) { return z.im; }
X double creal(D z) { return z.re; } X double cimag(D z) { return z.im; }
X double creall(D z) { return z.re; } X double cimagl(D z) { return z.im; }
X F conjf(F z) { z.im = -z.im; return z; }
X D conj(D z) { z.im = -z.im; return z; }
X D conjl(D z) { z.im = -z.im; return z; }
int DllMainCRTStartup(void *h, unsigned r, void *v) { return 1; }
"""
OWN = {"crealf", "cimagf", "creal", "cimag", "creall", "cimagl", "conjf", "conj", "conjl"}
THEIRS, OURS = b"api-ms-win-crt-math-l1-1-0.dll", b"xpi-ms-win-crt-math-l1-1-0.dll"


def imported(data: bytes, library: bytes) -> list[str]:
    """The names that a 64-bit PE file imports from a library."""
    (pe,) = struct.unpack_from("<I", data, 0x3C)
    count, size = struct.unpack_from("<H12xH", data, pe + 6)
    sections = [struct.unpack_from("<8x4I", data, pe + 24 + size + 40 * n) for n in range(count)]

    def at(rva: int) -> int:
        return next(rva - start + raw for _, start, length, raw in sections if start <= rva < start + length)

    (table,) = struct.unpack_from("<I", data, pe + 24 + 120)
    names, entry = [], at(table)
    while any(fields := struct.unpack_from("<5I", data, entry)):
        lookup, name = fields[0] or fields[4], at(fields[3])
        if data[name : data.index(b"\0", name)].lower() == library:
            place = at(lookup)
            while value := struct.unpack_from("<Q", data, place)[0]:
                if not value >> 63:
                    start = at(value) + 2
                    names.append(data[start : data.index(b"\0", start)].decode())
                place += 8
        entry += 20
    return names


def mend(module: Path, folder: Path, python: str) -> None:
    """Change a module in place and put the library beside it; `python` has ziglang."""
    data = module.read_bytes()
    folder.mkdir(exist_ok=True)
    source, exports, library = folder / "math.c", folder / "math.def", module.parent / OURS.decode()
    source.write_text(SOURCE)
    lines = [f"  {name}" if name in OWN else f"  {name}=ucrtbase.{name}" for name in imported(data, THEIRS)]
    exports.write_text("\n".join([f"LIBRARY {library.name}", "EXPORTS", *lines]) + "\n")
    command = [python, "-m", "ziglang", "cc", "-target", "x86_64-windows-gnu", "-shared", "-nostdlib", "-O1", "-w"]
    subprocess.run([*command, "-o", library, source, exports], check=True)
    module.write_bytes(data.replace(THEIRS, OURS))


if __name__ == "__main__":
    mend(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
