"""What is a dealer's own, locked so that its own workbook alone opens it.

The key is the seal in the workbook's marker: 128 bits that only headquarters makes and only that dealer's files bear.
Encrypted with a tag that authenticates and is the nonce too (a synthetic initialisation vector, as in RFC 5297; here of
HMAC-SHA-256 and SHAKE-256): the same contents give the same bytes, other contents another key stream.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

_PURPOSE: Final = b"xlkpi self-check "
_TAG: Final = 16  # bytes
_BLOCK: Final = 256  # bytes to which contents are filled up: how long they are tells less


def name_of(seal: str) -> str:
    """Under what name a dealer's contents lie; nothing of the seal or of the dealer is told by it."""
    return _mac(seal, b"name")[:_TAG].hex()


def locked(seal: str, contents: bytes) -> bytes:
    """The contents, readable for who has the seal; spaces are added behind them."""
    contents += b" " * (-len(contents) % _BLOCK)
    tag = _mac(seal, b"tag " + contents)[:_TAG]
    return tag + _crossed(seal, tag, contents)


def unlocked(seal: str, packed: bytes) -> bytes | None:
    """The contents; None where the seal is another one."""
    tag = packed[:_TAG]
    contents = _crossed(seal, tag, packed[_TAG:])
    return contents if hmac.compare_digest(tag, _mac(seal, b"tag " + contents)[:_TAG]) else None


def _mac(seal: str, message: bytes) -> bytes:
    return hmac.new(_PURPOSE + seal.encode("utf-8", "surrogatepass"), message, hashlib.sha256).digest()


def _crossed(seal: str, tag: bytes, text: bytes) -> bytes:
    stream = hashlib.shake_256(_mac(seal, b"stream " + tag)).digest(len(text))
    return bytes(a ^ b for a, b in zip(text, stream, strict=True))
