"""What is locked with one seal opens with that seal alone, is the same every time, and tells nothing."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from unit.selfcheck.conftest import KEY, SECRET, Sealed
from xlkpi.selfcheck.locked import locked, name_of, unlocked
from xlkpi.selfcheck.page import _archive, _locked
from xlkpi.workbook.package import unpack
from xlkpi.workbook.sheets.marker import Marker

SEALS = st.text("0123456789abcdef", min_size=32, max_size=32)


@given(SEALS, SEALS, st.binary(max_size=600))
def test_the_seal_alone_opens_it(seal: str, other: str, contents: bytes) -> None:
    packed = locked(seal, contents)
    opened = unlocked(seal, packed)
    assert opened is not None
    assert opened.rstrip(b" ") == contents.rstrip(b" ")
    assert locked(seal, contents) == packed
    assert len(packed) % 256 == 16, "as long as many others"
    if other != seal:
        assert unlocked(other, packed) is None
        assert name_of(other) != name_of(seal)


@given(SEALS, st.binary(min_size=1, max_size=600), st.integers(0))
def test_what_was_altered_opens_no_more(seal: str, contents: bytes, at: int) -> None:
    packed = bytearray(locked(seal, contents))
    packed[at % len(packed)] ^= 1
    assert unlocked(seal, bytes(packed)) is None


def test_other_contents_take_another_key_stream() -> None:
    """Else two pages of a month, before and after a revision, would give away the difference of the targets."""
    first, second = locked("0" * 32, b"310"), locked("0" * 32, b"320")
    assert bytes(a ^ b for a, b in zip(first, second, strict=True))[16:19] != bytes(
        a ^ b for a, b in zip(b"310", b"320", strict=True)
    )


def test_the_page_holds_nothing_of_a_dealer_in_the_clear_and_not_the_key(sealed: Sealed) -> None:
    issue = sealed.issue
    held = unpack(_archive(issue, KEY))
    ours = {name: data for name, data in held.items() if name.startswith("issue/")}
    assert set(ours) == {"issue/issue.json", "issue/master.xlsx", "issue/locked.json"}
    public = json.loads(ours["issue/issue.json"])
    assert [entry[:2] for entry in public["roster"]] == [[code, ""] for code in issue.roster]
    assert (public["targets"], public["history"]) == ({}, {})
    whole = b"\n".join([*held.values(), *unpack(issue.master).values()])
    secrets = [KEY, KEY.hex().encode()]
    for code, dealer in issue.roster.items():
        seal = issue.marker(code, KEY).rpartition("|")[2]
        secrets += [seal.encode(), dealer.name.encode(), str(SECRET[code]).encode(), b"240.9876"]
    assert not [secret for secret in secrets if secret in whole]


def test_a_seal_opens_its_own_dealers_part(sealed: Sealed) -> None:
    issue, packed = sealed.issue, _locked(sealed.issue, KEY)
    assert len(packed) == len(issue.roster)
    for code in issue.roster:
        marker = Marker.read(issue.marker(code, KEY))
        assert marker is not None
        contents = unlocked(marker.seal, bytes.fromhex(packed[name_of(marker.seal)]))
        assert contents is not None
        known = issue.anonymous().knowing(json.loads(contents))
        assert known.stamped(code) == issue.stamped(code)
        assert known.targets == {code: issue.targets[code]}
