"""Whose a file is by its name: CODE_name_month.xlsx, as issued."""

from __future__ import annotations

from collections.abc import Container

from xlkpi.findings import Finding
from xlkpi.folders import last_part


def dealer_named(file: str, codes: Container[str]) -> str:
    """The dealer by whose code a file's name begins; blank where it names nobody."""
    name = last_part(file)
    stem = name.rpartition(".")[0] or name
    parts = stem.split("_")
    heads = ("_".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((head for head in heads if head in codes), "")


def misnamed(file: str, dealer: str, codes: Container[str]) -> Finding | None:
    """The finding on a dealer's file whose name names another."""
    named = dealer_named(file, codes)
    if not named or named == dealer:
        return None
    return Finding("XK-T053", file, facts={"named": named, "dealer": dealer})
