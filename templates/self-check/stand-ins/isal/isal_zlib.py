"""The names of isal_zlib that xlkpi takes."""

from zlib import compressobj, crc32, decompressobj, error

__all__ = ["compressobj", "crc32", "decompressobj", "error"]
