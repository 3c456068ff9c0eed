"""scores.json: a month's results as typed records, in memory, into a folder, and back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json as encoded

from xlkpi.files import AnyPath, as_path
from xlkpi.issue import Dealer, Revision, basis_said
from xlkpi.month.definitions import Definitions
from xlkpi.month.older import GroupShape, OlderLoss, account_of_losses, applied_points
from xlkpi.month.records import (
    REFUSED_FIELDS,
    DealerRecord,
    DeductionRecord,
    FindingJson,
    FindingRecord,
    ItemRecord,
    ReturnRecord,
    VetoRecord,
)
from xlkpi.month.standing import GroupStanding, ItemStanding, Standing
from xlkpi.month.statistics import Population, population
from xlkpi.scoring.account import Account
from xlkpi.values import VETOED, Absence, State, Status

SCORES_FILE: Final = "scores.json"
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_STARTED_WITH: Final = {"dealers", "definitions"}  # the keys that a file of 0.1.0 has already


class NoScores(Exception):
    """A folder has no scores.json, or none that can be read; the text says why."""


@dataclass(frozen=True, slots=True)
class MissingRecord:
    """A dealer of the roster of whom nothing came."""

    dealer: str
    name: str
    region: str = ""
    peer_group: str = ""


@dataclass(frozen=True, slots=True)
class Scores:
    """A month's results, as scores.json holds them.

    `points` are those of the whole scheme; `dealers` stand in roster order, then the files that could not be scored;
    `findings` are those on headquarters' own lists; `missing` is None where the file does not say (0.1.0);
    `population` counts the dealers by what became of them. `revision` numbers the revision of the targets that holds
    (0: as they were issued) and `revised_on` is its day; `made_of` is a short hash of what the month was made of.
    """

    scheme: str
    scheme_version: str
    month: str
    engine: str
    points: float
    definitions: Definitions
    dealers: Sequence[DealerRecord]
    findings: tuple[FindingJson, ...] = ()
    missing: tuple[MissingRecord, ...] | None = None
    population: Mapping[str, int | None] = field(default_factory=dict)
    rulings: tuple[Mapping[str, Any], ...] = ()
    returns: tuple[ReturnRecord, ...] = ()
    revision: int = 0
    revised_on: str = ""
    made_of: str = ""

    @property
    def basis(self) -> str:
        """What every page prints: scheme with version, revision of the targets, and a hash of what it was made of."""
        revision = Revision(self.revision, self.revised_on) if self.revision else None
        return basis_said(self.scheme, self.scheme_version, revision, self.made_of)

    def populate(self) -> Population:
        """The dealers as statistics see them, read off the records."""
        missing = None if self.missing is None else [Dealer(*_columns(entry)) for entry in self.missing]
        return population((_standing(self.definitions, record) for record in self.dealers), missing)


def _columns(entry: MissingRecord) -> tuple[str, str, str, str]:
    return entry.dealer, entry.name, entry.region, entry.peer_group


def _standing(definitions: Definitions, record: DealerRecord) -> Standing:
    """A record as a standing: without findings, which statistics do not ask for."""
    trial = State.TRIAL if record.trial else ""
    dealer = Dealer(record.dealer, record.name, record.region, record.peer_group, trial=trial)
    if record.status is Status.REJECTED:
        return Standing(dealer, Status.REJECTED, record.file)
    applied = applied_of(definitions, record)
    low, high = record.total_range or (0.0, 0.0)
    return Standing(
        dealer=dealer,
        status=record.status,
        file=record.file,
        total=record.total if record.total is not None else low,
        published=record.published or 0.0,
        before_veto=record.total_before_veto or 0.0,
        ceiling=high,
        grade=record.grade,
        vetoed=record.vetoed,
        groups=tuple(GroupStanding(g.name, g.score, g.vetoed) for g in record.groups),
        items=tuple(_item(item, applied.get(item.id, 0.0)) for item in record.items),
        account=account_of_record(record),
        rank=record.rank,
    )


def applied_of(definitions: Definitions, record: DealerRecord) -> dict[str, float]:
    """The points that each item of a dealer could earn; 0 for one that was left out (不适用)."""
    recorded = {item.id: item.applied for item in record.items if item.applied is not None}
    if len(recorded) == len(record.items):
        return recorded
    return applied_points(_groups(definitions, record), {item.id: _state(item) for item in record.items})


def account_of_record(record: DealerRecord) -> Account:
    """A dealer's account; from a folder of 0.1.0 only the triggered clauses."""
    if record.account:
        return Account(record.account)
    losses: list[OlderLoss] = []
    for item in record.items:
        for veto in item.vetoes:
            losses.append(OlderLoss(item.id, VETOED, veto.scope, 0.0, veto.clause, _inspection_text(veto), veto.number))
        for lost in item.deductions:
            losses.append(OlderLoss(item.id, "", "", lost.points, lost.clause, _inspection_text(lost), lost.number))
    return account_of_losses(losses, {item.id: item.points - item.before_veto for item in record.items})


def _inspection_text(fired: VetoRecord | DeductionRecord) -> str:
    return f"{fired.inspection:.10g}" if isinstance(fired.inspection, float) else str(fired.inspection)


def _state(item: ItemRecord) -> str:
    """不适用 where the item was left out: such an item may also have been given its points."""
    left_out = Absence.NOT_APPLICABLE.value
    return left_out if item.score == left_out else item.status


def _groups(definitions: Definitions, record: DealerRecord) -> Iterator[GroupShape]:
    words = definitions.items
    for group in definitions.groups:
        records = [item for item in record.items if item.group == group.name]
        items = [(item.id, item.points, item.id in words and words[item.id].bonus) for item in records]
        yield GroupShape(group.points, group.not_applicable == "rescale", items)


def _item(item: ItemRecord, applied: float) -> ItemStanding:
    score = item.score if isinstance(item.score, float) else None
    return ItemStanding(item.id, score, item.before_veto, item.status, item.vetoed, applied)


# ------------------------------------------------------------------ into a file


def pieces(scores: Scores) -> Iterator[bytes]:
    """scores.json piece by piece: its head, each dealer, its end. The same month gives the same bytes."""
    head = {
        "scheme": scores.scheme,
        "scheme_version": scores.scheme_version,
        "month": scores.month,
        "revision": scores.revision,
        **({"revised_on": scores.revised_on} if scores.revised_on else {}),
        "made_of": scores.made_of,
        "engine": scores.engine,
        "points": scores.points,
        "definitions": scores.definitions,
    }
    yield encoded(head, indent=1).removesuffix(b"\n}") + b',\n "dealers": ['
    comma = b""
    for record in scores.dealers:
        yield comma + _within_list(record)
        comma = b","
    tail = {
        "findings": [_finding_data(finding) for finding in scores.findings],
        **({"population": scores.population} if scores.population else {}),
        **({"missing": scores.missing} if scores.missing is not None else {}),
        **({"rulings": scores.rulings} if scores.rulings else {}),
        **({"returns": scores.returns} if scores.returns else {}),
    }
    yield (b"\n ]," if comma else b"],") + encoded(tail, indent=1).removeprefix(b"{") + b"\n"


def _finding_data(finding: FindingRecord) -> Any:
    return TypeAdapter(FindingJson).dump_python(finding)


def _within_list(record: DealerRecord) -> bytes:
    """An entry of a list of the outermost object, on lines of its own."""
    only = set(REFUSED_FIELDS) if record.status is Status.REJECTED else None
    data = _record_codec().dump_json(record, indent=1, include=only, exclude=record.without())
    return b"\n  " + data.replace(b"\n", b"\n  ")


@cache
def _record_codec() -> TypeAdapter[DealerRecord]:
    return TypeAdapter(DealerRecord)


@cache
def scores_codec() -> TypeAdapter[Scores]:
    """What validates scores.json, and gives its JSON Schema."""
    return TypeAdapter(Scores)


# ------------------------------------------------------------------ and back


def load_scores(folder: AnyPath) -> Scores:
    """The results that `xlkpi score` wrote into a folder.

    Raises:
        NoScores: the folder has no scores.json, or one that this version cannot read.
    """
    path = as_path(folder) / SCORES_FILE
    try:
        data = _without_halves(path.read_text("utf-8"))
    except FileNotFoundError:
        raise NoScores(f"{folder} has no {SCORES_FILE}: give the folder that `xlkpi score` wrote") from None
    except OSError as error:
        raise NoScores(f"{path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise NoScores(f"{path} is incomplete or damaged") from None
    if not isinstance(data, dict) or not set(data) >= _STARTED_WITH:
        raise NoScores(f"{path} is not of this version: score the month again")
    try:
        return scores_of(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise NoScores(f"{path} cannot be read: {where}: {first['msg']}") from None


def scores_of(data: Mapping[str, Any]) -> Scores:
    """Plain data in the shape of scores.json as typed records.

    Raises:
        ValidationError: it is not in that shape.
    """
    scores = scores_codec().validate_python(data)
    return replace(scores, dealers=tuple(scores.dealers))


def _without_halves(text: str) -> Any:
    """JSON without halves of surrogate pairs, which other programs may write escaped: no file can hold them as text."""
    data = json.loads(text)
    if not _HALF.search(text):
        return data
    return json.loads(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))
