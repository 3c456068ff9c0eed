"""Archives of files as people send them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping


def zipped(files: Mapping[str, bytes], encoding: str = "utf-8") -> bytes:
    """An archive of files; with `gbk` its names stand there as a program on Chinese Windows writes them, unmarked."""
    buffer = io.BytesIO()
    names = {name: name.encode(encoding) for name in files}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, data) in enumerate(files.items()):
            archive.writestr(name if encoding == "utf-8" else _stand_in(number, names[name]), data)
    raw = buffer.getvalue()
    if encoding != "utf-8":
        for number, written in enumerate(names.values()):
            raw = raw.replace(_stand_in(number, written).encode(), written)
    return raw


def _stand_in(number: int, name: bytes) -> str:
    """A plain name as long as another in bytes, and like no other."""
    return f"{number:q>{len(name)}}".replace(" ", "q")[-len(name) :]
