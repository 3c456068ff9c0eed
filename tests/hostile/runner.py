"""Reads files in processes of their own with little memory; prints one line of JSON a file. Not a test.

python runner.py read ISSUE GOOD FILE...     codes, and what each file's own process took
python runner.py fuzz ISSUE FILE SEED COUNT  so many altered copies; what came of them, and each fault with its number
python runner.py mark ISSUE FILE SEED COUNT  the same, and each is marked; what comes out must be read as what went in
"""

from __future__ import annotations

import json
import math
import os
import random
import re
import sys
import time
import traceback
import zlib
from collections import Counter
from pathlib import Path

MEMORY = 2 << 30
PROCESSOR = 5  # seconds for a file

try:
    import resource
except ImportError:  # Windows has no such limits

    def limit_memory() -> None: ...
    def limit_processor() -> None: ...

else:

    def limit_memory() -> None:
        """For the process as a whole."""
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

    def limit_processor() -> None:
        """For the next file: over it the system ends the process."""
        most = math.ceil(time.process_time()) + PROCESSOR
        resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))


def read(folder: str, good: str, *files: str) -> None:
    """Each file in a fork of this process, which has imported everything and read a good one."""
    from xlkpi.intake.submission import Submission, read_submission
    from xlkpi.issue import Issue

    issue = Issue.load(Path(folder))
    read_submission(issue, Path(good))
    for file in files:
        child = os.fork()
        if child == 0:
            limit_processor()
            result = read_submission(issue, Path(file))
            told = {
                "file": Path(file).name,
                "usable": isinstance(result, Submission),
                "codes": [finding.code for finding in result.findings],
                "messages": [finding.message() for finding in result.findings],
            }
            print(json.dumps(told, ensure_ascii=False), flush=True)
            os._exit(0)
        _, status, used = os.wait4(child, 0)
        told = {"status": status, "seconds": used.ru_utime + used.ru_stime, "megabytes": used.ru_maxrss / 1024}
        print(json.dumps(told), flush=True)


def fuzz(folder: str, file: str, seed: str, count: str) -> None:
    from xlkpi.intake.submission import Submission, Unusable, read_submission
    from xlkpi.issue import Issue

    issue, good = Issue.load(Path(folder)), Path(file).read_bytes()
    outcomes: Counter[str] = Counter()
    faults: list[str] = []
    for number in range(int(count)):
        limit_processor()
        try:
            result = read_submission(issue, mutant(good, int(seed), number))
            assert isinstance(result, Submission | Unusable)
            assert isinstance(result, Submission) or result.findings, "refused without a word"
            for finding in result.findings:
                assert finding.message()
                assert finding.message("en")
            outcomes.update({"read"} if isinstance(result, Submission) else {f.code for f in result.findings})
        except Exception:
            faults.append(f"seed {seed}, number {number}: {traceback.format_exc(limit=-3)}")
    print(json.dumps({"outcomes": outcomes, "faults": faults}))


def mutant(good: bytes, seed: int, number: int) -> bytes:
    """An altered copy of a file; the same seed and number give the same one."""
    chance = random.Random(f"{seed} {number}")
    return (flipped, mangled, mangled, rearranged)[number % 4](good, chance)


def mark(folder: str, file: str, seed: str, count: str) -> None:
    from xlkpi.checking.check import Checked, Checker
    from xlkpi.findings import Finding
    from xlkpi.intake.submission import Submission, read_submission
    from xlkpi.issue import Issue
    from xlkpi.values import Place

    issue, good, altered = Issue.load(Path(folder)), Path(file).read_bytes(), Path(file).with_name("altered.xlsx")
    checker = Checker(issue)
    chance = random.Random(int(seed))
    outcomes: Counter[str] = Counter()
    ours = [Finding("XK-V001", "", slot.place, slot.field, {"label": slot.field}) for slot in issue.layout.inputs[:20]]
    ours.append(Finding("XK-V001", "", Place("填报", "Z99"), "", {"label": "?"}))
    for _ in range(int(count)):
        altered.write_bytes(mangled(good, chance))
        limit_processor()
        read = read_submission(issue, altered)
        done = checker.marked(Checked(altered, read, (*read.findings, *ours)))
        assert (done.data is None) <= (done.finding is not None), "nothing came of it without a word"
        outcomes[done.finding.code if done.finding else "marked"] += 1
        if done.data is not None:
            again = read_submission(issue, done.data)
            assert type(again) is type(read), again.findings
            if isinstance(again, Submission) and isinstance(read, Submission):
                assert {n: a.value for n, a in again.answers.items()} == {n: a.value for n, a in read.answers.items()}
    print(json.dumps({"outcomes": outcomes}))


def flipped(good: bytes, chance: random.Random) -> bytes:
    """A few bytes of the archive altered."""
    data = bytearray(good)
    for _ in range(chance.randint(1, 6)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def mangled(good: bytes, chance: random.Random) -> bytes:
    """Parts altered inside an archive that is in order, so that the XML itself is put to the test."""
    from xlkpi.workbook.package import assemble, member, members

    parts = dict(members(good))
    for _ in range(chance.randint(1, 3)):
        name = chance.choice([n for n in parts if n.endswith((".xml", ".rels"))])
        text = zlib.decompress(parts[name].packed, -15)
        parts[name] = member(name, chance.choice(WAYS)(text, chance))
    return assemble(parts.values())


def rearranged(good: bytes, chance: random.Random) -> bytes:
    """Parts exchanged, left out, doubled or under another name; or the archive cut short or run together."""
    from dataclasses import replace as renamed

    from xlkpi.workbook.package import assemble, members

    parts = list(members(good).values())
    one, other = chance.sample(range(len(parts)), 2)
    match chance.randrange(6):
        case 0:
            parts[one], parts[other] = (
                renamed(parts[one], name=parts[other].name), renamed(parts[other], name=parts[one].name),
            )  # fmt: skip
        case 1:
            del parts[one]
        case 2:
            parts.insert(other, parts[one])
        case 3:
            parts[one] = renamed(parts[one], name=parts[one].name.swapcase())
        case 4:
            return assemble(parts)[: chance.randrange(len(good))]
        case _:
            at = chance.randrange(len(good))
            return good[:at] + good[chance.randrange(len(good)) :]
    return assemble(parts)


def _flip(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << chance.randrange(7))]) + data[at + 1 :]


def _cut(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + data[at + chance.randint(1, 80) :]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    size = chance.randint(1, 80)
    return data[: at + size] + data[at : at + size] * chance.randint(1, 5) + data[at + size :]


def _value(data: bytes, chance: random.Random) -> bytes:
    """Something else between two quotes or two tags: still well formed, and nonsense."""
    spots = [m.span(1) for m in re.finditer(rb'"([^"<>&]{0,40})"|>([^<>&]{1,40})<', data) if m[1] is not None]
    spots += [m.span(1) for m in re.finditer(rb">([^<>&]{1,40})<", data)]
    start, end = chance.choice(spots)
    return data[:start] + chance.choice(MALFORMED_XML) + data[end:]


def _token(data: bytes, chance: random.Random) -> bytes:
    """A tag left out, doubled, or in the place of another."""
    tags = [m.span() for m in re.finditer(rb"<[^<>]{1,200}>", data)]
    (start, end), (first, last) = chance.choice(tags), chance.choice(tags)
    put = chance.choice((b"", data[start:end] * 2, data[first:last]))
    return data[:start] + put + data[end:]


MALFORMED_XML = (
    b"",
    b"-1",
    b"0",
    b"99999999999999999999",
    b"1e999",
    b"NaN",
    b"A0",
    b"XFD1048576",
    b"'",
    b"!",
    b"'x'!$A$1",
    b"#REF!",
    b"s",
    b"inlineStr",
    b"e",
    b"b",
    "未填".encode(),
    b"|",
    b"|||||",
    b"a|b|c|d|e",
    b"../x.xml",
    b"rId1",
    b"rId999",
    b"true",
)
WAYS = (_flip, _cut, _repeat, _token, _token, _value, _value, _value)


if __name__ == "__main__":
    limit_memory()
    {"read": read, "fuzz": fuzz, "mark": mark}[sys.argv[1]](*sys.argv[2:])
