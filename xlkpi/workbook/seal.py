"""The seal of an assessed workbook: a document property by which it is known to be just as `score` wrote it.

It is a digest of the archive's other parts by their checksums. Whatever saves the file again writes other parts, and
keeps the property as it was: then the seal is broken.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Mapping
from typing import Final, Literal

from xlkpi.workbook.package import Member, assemble, member, members

SEAL: Final = "xlkpi_assessed"
_PART = "docProps/custom.xml"
_END = b"</Properties>"
_FORMAT = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"  # of properties that are somebody's own, as the standard says
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_OLD = re.compile(rf'<property [^<>]*name="{SEAL}"[^<>]*><vt:lpwstr[^<>]*>[^<>]*</vt:lpwstr></property>'.encode())
_NUMBER = 1000  # of the property: any that no other has


def sealed(raw: bytes) -> bytes:
    """An archive of ours with the seal, in place of one that it has."""
    parts = members(raw)
    text = _OLD.sub(b"", zlib.decompress(parts[_PART].packed, -zlib.MAX_WBITS))
    digest = f'<vt:lpwstr xmlns:vt="{_TYPES}">{_digest(parts)}</vt:lpwstr>'
    mark = f'<property fmtid="{_FORMAT}" name="{SEAL}" pid="{_NUMBER}">{digest}</property>'
    return assemble({**parts, _PART: member(_PART, text.replace(_END, mark.encode() + _END))}.values())


def seal_of(raw: bytes, properties: Mapping[str, str]) -> Literal["whole", "broken", "none"]:
    """How the seal of a workbook is.

    Args:
        raw: its archive, admitted by the guard.
        properties: its document properties.
    """
    seal = properties.get(SEAL)
    if seal is None:
        return "none"
    return "whole" if seal == _digest(members(raw)) else "broken"


def _digest(parts: Mapping[str, Member]) -> str:
    listed = sorted(f"{name}:{part.crc:08x}:{part.size}" for name, part in parts.items() if name != _PART)
    return hashlib.sha256("\n".join(listed).encode()).hexdigest()[:32]
