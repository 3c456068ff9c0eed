"""The issue: what headquarters sent out for a month. Kept as issue.json beside the blanks, with the master.

Scoring never rebuilds a master: an old month is scored with what was issued then.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from xlkpi.files import AnyPath, as_path, cut_to_bytes, safe_name, write_file
from xlkpi.findings import Finding, Ruling
from xlkpi.issue_file import StoredIssue
from xlkpi.scheme import parts
from xlkpi.scheme.cells import CONTACT, DEADLINE, DEALER, DEALER_NAME, MONTH, REGION, of_field
from xlkpi.scheme.model import Scheme
from xlkpi.scheme.older import with_phrases
from xlkpi.values import Absence, CellContent, Place, Value, absence_of, content_of
from xlkpi.workbook.layout import Layout, Role
from xlkpi.workbook.sheets.marker import Marker

ISSUE_FILE = "issue.json"
MASTER_FILE = "master.xlsx"
BLANKS = "blanks"
"""Where issue.json keeps the digests of the blanks that were issued with it, by file name."""
FORMAT = 1
SEALS = "seals"
"""Where issue.json keeps what tells a dealer's seal."""
KEY_FILE = "issue.key"
"""The key that seals are made with. It stays in the folder: neither workers nor dealers nor issue.json have it."""
ACCEPTED = "XK-T063"
"""The finding on a list of another month, scheme or kind that headquarters insisted on."""
UNSEALED = "XK-I031"
"""The finding on an issue without seals."""

Target = float | Absence
Targets = Mapping[str, Mapping[str, Target]]
Inspections = Mapping[str, Mapping[str, Value]]


class IssueError(Exception):
    """A folder holds no usable issue; the text says why."""


class Merged(NamedTuple):
    """A dealer that was merged into another: its code, since when it was open ("": always), and from when on it is not
    (YYYY-MM-DD)."""

    code: str
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class Dealer:
    """A dealer of a month, as it is on the month's last day. `peer_group` (对标组) names the dealers it is benchmarked
    against, `supervisor` (督导) inspects it; blank: none.

    Days are YYYY-MM-DD. `opened` and `closed` (the first day on which it is not open) lie within the month and are
    blank where it is open for all of it; `trial` says since when it is on trial (试运营: scored, and not ranked);
    `since` when it opened, where that is known. `merged` are those whose history it goes on with.
    """

    code: str
    name: str
    region: str = ""
    peer_group: str = ""
    supervisor: str = ""
    opened: str = ""
    closed: str = ""
    trial: str = ""
    since: str = ""
    merged: tuple[Merged, ...] = ()

    @property
    def part_said(self) -> str:
        """For which part of the month it is open, in words; "" where for all of it."""
        words = [f"{self.opened} 开业" if self.opened else "", f"{self.closed} 关闭" if self.closed else ""]
        return "，".join(filter(None, words))

    @property
    def remark(self) -> str:
        """What is to be said beside its score: on trial, or open for a part of the month."""
        trial = f"试运营（{self.trial} 起），有得分，不参加排名" if self.trial else ""
        return "；".join(filter(None, (trial, self.part_said)))


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision of the targets: its number from 1, its day (YYYY-MM-DD), why, who approved it, and whom it concerns.
    Day, reason and name are blank where somebody scored with another list of targets without saying so."""

    number: int
    day: str = ""
    reason: str = ""
    approved: str = ""
    dealers: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Its number and day."""
        return f"第 {self.number} 次修订{f'（{self.day}）' if self.day else ''}"


class Actual(NamedTuple):
    """A figure from headquarters' own systems, with the file and the cell that it stands in."""

    value: Value
    source: str


@dataclass(frozen=True, slots=True)
class Issue:
    """One month of one scheme, as issued.

    Targets (`before_revision`: as they were issued, where headquarters revised them, which `revisions` tell) and
    inspections by dealer code and field name; history by dealer code and the slot's name (接车台次_上月).
    Inspections and waivers come in when files are checked or scored and are not kept with the issue.
    `decided` are figures that headquarters takes in place of the dealer's own (an appeal, a correction), likewise.
    `actuals` are headquarters' own figures, which score where they are there; likewise.
    What comes after `deadline` is late, what comes after `locked` (blank: never) does not count. `accepted` are lists
    of another month, scheme or kind on which headquarters insisted when the month was issued: every result says so.
    `seals` tell by dealer whether a file's marker is the one that was issued (`Marker.proof`); whoever reads them can
    make none. Empty: the month was issued without a key; `kept_unsealed` then, where it was read from a folder.
    """

    scheme: Scheme
    layout: Layout
    master: bytes
    month: str
    roster: Mapping[str, Dealer]
    targets: Targets
    history: Mapping[str, Mapping[str, float | str]] = field(default_factory=dict)
    inspections: Inspections = field(default_factory=dict)
    waivers: tuple[Ruling, ...] = ()
    deadline: str = ""
    locked: str = ""
    contact: str = ""
    before_revision: Targets = field(default_factory=dict)
    revisions: tuple[Revision, ...] = ()
    decided: Inspections = field(default_factory=dict)
    actuals: Mapping[str, Mapping[str, Actual]] = field(default_factory=dict)
    accepted: tuple[Finding, ...] = ()
    seals: Mapping[str, str] = field(default_factory=dict)
    kept_unsealed: bool = field(default=False, compare=False)

    def file_name(self, dealer: Dealer) -> str:
        """code_name_month.xlsx, at most 200 bytes. No two dealers of a roster get one name, on a system that ignores
        case either: a code that its part of the name does not show as it is gets a mark made from all of it."""
        code = cut_to_bytes(safe_name(dealer.code), 60)
        plain = unicodedata.normalize("NFC", code.upper())
        if code != dealer.code or code != plain or "_" in code or "~" in code:
            code += f"~{zlib.crc32(dealer.code.encode('utf-8', 'surrogatepass')):08x}"
        return f"{code}_{cut_to_bytes(safe_name(dealer.name), 110)}_{self.month}.xlsx"

    def marker(self, dealer: str, key: bytes | None = None) -> str:
        """The words that a dealer's workbook carries in three places, with the seal that the key makes."""
        return str(self._marker(dealer, key))

    def _marker(self, dealer: str, key: bytes | None) -> Marker:
        marker = Marker(self.scheme.name, self.scheme.version, self.month, dealer, self.layout.fingerprint)
        return marker if key is None else marker.sealed(key)

    def sealed(self, key: bytes) -> Issue:
        """The issue whose dealers' files bear seals made with this key; the key itself is not kept in it."""
        return replace(self, seals={dealer: self._marker(dealer, key).proof for dealer in self.roster})

    def verifies(self, marker: Marker) -> bool:
        """Whether the seal of a marker of this issue is the one that was issued."""
        return not self.seals or (bool(marker.seal) and marker.proof == self.seals.get(marker.dealer))

    @property
    def unsealed(self) -> tuple[Finding, ...]:
        """What is to say of an issue that was kept without seals; said once a run."""
        return (Finding(UNSEALED, ISSUE_FILE),) if self.kept_unsealed else ()

    def stamped(self, dealer: str) -> dict[Place, CellContent]:
        """All that headquarters puts into a dealer's blank: identity, targets, last values."""
        known = self.roster[dealer]
        values: dict[str, CellContent] = {
            DEALER: known.code,
            DEALER_NAME: known.name,
            REGION: known.region,
            MONTH: self.month,
            DEADLINE: self.deadline,
            CONTACT: self.contact,
        }
        for name, target in self.targets.get(dealer, {}).items():
            values[of_field(name, parts.TARGET)] = content_of(target)
        values.update(self.history.get(dealer, {}))
        return {self.layout.place(name): value for name, value in values.items() if value not in (None, "")}

    def label(self, name: str) -> str:
        """What people call a cell by its slot's name: its field's label; another name as it stands."""
        slot = self.layout.slots.get(name)
        return self.scheme.label(slot.field or name if slot else name)

    @property
    def rulings(self) -> tuple[Ruling, ...]:
        """All that changes the severity of findings: the scheme's word, and waivers."""
        return (*self.scheme.rulings, *self.waivers)

    def inspected(self, dealer: str) -> dict[Place, CellContent]:
        """Headquarters' inspections of a dealer."""
        inspected = self.inspections.get(dealer, {})
        slots = self.layout.of(Role.INSPECTION)
        return {slot.place: content_of(inspected[slot.field]) for slot in slots if slot.field in inspected}

    def actuals_of(self, dealer: str) -> dict[Place, CellContent]:
        """Headquarters' own figures of a dealer, by the cells of the dealer's."""
        actuals = self.actuals.get(dealer, {})
        return {self.layout.place(name): content_of(actual.value) for name, actual in actuals.items()}

    def decided_for(self, dealer: str) -> dict[Place, CellContent]:
        """Headquarters' figures in place of a dealer's own."""
        decided = self.decided.get(dealer, {})
        return {self.layout.place(name): content_of(value) for name, value in decided.items()}

    @property
    def revision(self) -> Revision | None:
        """The revision of the targets that holds; None: they are as they were issued."""
        return self.revisions[-1] if self.revisions else None

    def hash_of(self, dealer: str, answers: str = "") -> str:
        """A short hash of what a dealer's score is made of: scheme and master's layout, the dealer, its targets, its
        figures of earlier months, its inspections, what headquarters decided and waived, and `answers`, the hash of its
        own."""
        known = self.roster[dealer]
        place = (known.code, known.name, known.region, known.peer_group, known.supervisor, known.remark)
        by_list = (self.targets, self.history, self.inspections, self.actuals, self.decided)
        figures = [sorted((name, repr(value)) for name, value in by.get(dealer, {}).items()) for by in by_list]
        waived = [repr(ruling) for ruling in self.waivers if ruling.dealer in ("", dealer)]
        scheme = (self.scheme.name, self.scheme.version, self.layout.fingerprint, self.month)
        text = json.dumps([scheme, place, figures, waived, answers], ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def basis(self, made_of: str) -> str:
        """What every page prints: scheme with version, revision of the targets, and a hash of what it was made of."""
        return basis_said(self.scheme.name, self.scheme.version, self.revision, made_of)

    # ------------------------------------------------------------ one dealer's part

    def anonymous(self) -> Issue:
        """Layout, words, rules and the dealers' codes, with nothing of any dealer."""
        return replace(
            self, roster={code: Dealer(code, "") for code in self.roster}, targets={}, before_revision={}, history={},
            revisions=(), inspections={}, decided={}, actuals={}, waivers=(), accepted=(),
        )  # fmt: skip

    def part_of(self, dealer: str) -> dict[str, Any]:
        """A dealer's own part as plain data: what stands in its blank, and its targets before they were revised."""
        known = self.roster[dealer]
        figures = {"targets": self.targets, "before_revision": self.before_revision}
        of_dealer = {name: _plain({dealer: by[dealer]})[dealer] for name, by in figures.items() if dealer in by}
        place = [known.code, known.name, known.region, "", "", known.opened, known.closed, known.trial, known.since]
        return {"roster": place, "history": dict(self.history.get(dealer, {})), **of_dealer}

    def knowing(self, part: Mapping[str, Any]) -> Issue:
        """The issue with one dealer's part in it (`part_of`)."""
        known = Dealer(*part["roster"])

        def targets(name: str) -> Targets:
            return _targets_in({known.code: part[name]} if name in part else {})

        return replace(
            self, roster={**self.roster, known.code: known}, history={known.code: part["history"]},
            targets=targets("targets"), before_revision=targets("before_revision"),
        )  # fmt: skip

    # ------------------------------------------------------------ as files

    def save(self, folder: AnyPath, blanks: Mapping[str, str] | None = None) -> None:
        """Write the master and issue.json, each whole or not at all.

        Args:
            folder: where.
            blanks: digests of the blanks that were issued with it, by file name.

        Raises:
            WriteError: one of them could not be written.
        """
        folder = as_path(folder)
        write_file(folder / MASTER_FILE, self.master)
        data = {**self.to_json(), **({BLANKS: dict(blanks)} if blanks else {})}
        write_file(folder / ISSUE_FILE, (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode())

    def to_json(self) -> dict[str, Any]:
        """As plain data; the master stands in a file of its own and is held by its hash."""
        lives = {code: life for code, dealer in self.roster.items() if (life := _life(dealer))}
        return {
            "format": FORMAT,
            "month": self.month,
            "deadline": self.deadline,
            **({"locked": self.locked} if self.locked else {}),
            "contact": self.contact,
            **({"accepted": [[f.file, dict(f.facts)] for f in self.accepted]} if self.accepted else {}),
            "master": hashlib.sha256(self.master).hexdigest(),
            **({SEALS: dict(self.seals)} if self.seals else {}),
            "roster": [
                [
                    d.code,
                    d.name,
                    d.region,
                    *([d.peer_group] if d.peer_group or d.supervisor else []),
                    *([d.supervisor] if d.supervisor else []),
                ]
                for d in self.roster.values()
            ],
            "targets": _plain(self.targets),
            **({"before_revision": _plain(self.before_revision)} if self.before_revision else {}),
            **({"revisions": [asdict(revision) for revision in self.revisions]} if self.revisions else {}),
            **({"lives": lives} if lives else {}),
            "history": {d: dict(by) for d, by in self.history.items()},
            "layout": self.layout.to_json(),
            "scheme": self.scheme.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        }

    @classmethod
    def load(cls, folder: AnyPath) -> Issue:
        """Read an issue back.

        Raises:
            IssueError: the folder holds none, or master and issue.json do not belong together.
        """
        folder = as_path(folder)
        try:
            if any(path.exists() and not path.is_file() for path in (folder / ISSUE_FILE, folder / MASTER_FILE)):
                raise ValueError  # a pipe would be waited for
            text = (folder / ISSUE_FILE).read_text("utf-8")
            data = json.loads(text)
            master = (folder / MASTER_FILE).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise IssueError(f"{folder} holds no issue: it needs {ISSUE_FILE} and {MASTER_FILE}") from None
        except OSError as error:
            raise IssueError(f"{error.filename} cannot be read: {error.strerror}") from None
        except (ValueError, RecursionError):
            raise IssueError(f"{folder / ISSUE_FILE} is incomplete or damaged") from None
        version = data.get("format") if isinstance(data, dict) else None
        if version != FORMAT:
            raise IssueError(
                f"{folder / ISSUE_FILE} has format {version!r}, but this version of xlkpi supports {FORMAT}"
            )
        try:
            StoredIssue.model_validate_json(text)
            return cls._from_json(data, master, folder)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise IssueError(f"{folder / ISSUE_FILE} is incomplete or damaged") from None

    @classmethod
    def _from_json(cls, data: Mapping[str, Any], master: bytes, folder: Path) -> Issue:
        if hashlib.sha256(master).hexdigest() != data["master"]:
            raise IssueError(f"{folder / MASTER_FILE} is not the master that {ISSUE_FILE} was issued with")
        lives = data.get("lives", {})
        return cls(
            scheme=with_phrases(Scheme.model_validate(data["scheme"])),
            layout=Layout.from_json(data["layout"]),
            master=master,
            month=data["month"],
            roster={entry[0]: _dealer(entry, lives.get(entry[0], {})) for entry in data["roster"]},
            targets=_targets_in(data["targets"]),
            before_revision=_targets_in(data.get("before_revision", {})),
            revisions=tuple(
                Revision(**{**entry, "dealers": tuple(entry["dealers"])}) for entry in data.get("revisions", ())
            ),
            history=data["history"],
            deadline=data["deadline"],
            locked=data.get("locked", ""),
            contact=data["contact"],
            accepted=tuple(Finding(ACCEPTED, file, facts=facts) for file, facts in data.get("accepted", ())),
            seals=dict(data.get(SEALS, {})),
            kept_unsealed=SEALS not in data,
        )


_LIFE = ("opened", "closed", "trial", "since", "merged")


def _life(dealer: Dealer) -> dict[str, Any]:
    """What the roster's changes say of a dealer, without what is blank."""
    return {name: value for name in _LIFE if (value := getattr(dealer, name))}


def _dealer(columns: list[str], life: Mapping[str, Any]) -> Dealer:
    facts: dict[str, Any] = dict(zip(("code", "name", "region", "peer_group", "supervisor"), columns, strict=False))
    return Dealer(**{**facts, **life, "merged": tuple(Merged(*each) for each in life.get("merged", ()))})


def _plain(targets: Targets) -> dict[str, dict[str, CellContent]]:
    return {dealer: {name: content_of(target) for name, target in by.items()} for dealer, by in targets.items()}


def _targets_in(data: Mapping[str, Mapping[str, Any]]) -> Targets:
    return {d: {name: absence_of(target) or float(target) for name, target in by.items()} for d, by in data.items()}


def basis_said(scheme: str, version: str, revision: Revision | None, made_of: str) -> str:
    """Scheme with version, revision of the targets, and a hash, in a line."""
    targets = revision.words if revision else "下发时的目标"
    return f"方案 {scheme} {version}　目标：{targets}　依据校验 {made_of}"
