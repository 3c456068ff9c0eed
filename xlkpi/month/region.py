"""A month of one region alone, for who answers for that region: its dealers ranked among themselves, now and before,
and no code, name or figure of any other dealer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from xlkpi.findings import Finding
from xlkpi.issue import Dealer
from xlkpi.month.records import DealerRecord, FindingRecord
from xlkpi.month.scores import Scores
from xlkpi.month.standing import Standings, positions, ranked
from xlkpi.month.store.query import EarlierMonth

History = Mapping[str, Sequence[EarlierMonth]]


def regions(dealers: Iterable[Dealer | DealerRecord]) -> list[str]:
    """The regions that the dealers belong to, in order."""
    return sorted({dealer.region for dealer in dealers if dealer.region})


def standings_in(region: str, whole: Standings) -> Standings:
    """The standings of a region. Findings on headquarters' lists are left out, for these are about all dealers."""
    rows = [row for row in whole.rows if row.dealer.region == region]
    strangers = _words(row.dealer for row in whole.rows if row.dealer.region != region)
    strangers += _words(dealer for dealer in whole.missing or () if dealer.region != region)
    rows = [
        replace(row, findings=tuple(finding for finding in row.findings if not _names_any(finding, strangers)))
        for row in rows
    ]
    codes = {row.dealer.code for row in rows}
    before = {code: earlier for code, earlier in whole.before.items() if code in codes and earlier.region == region}
    places = positions({code: earlier.published for code, earlier in before.items() if earlier.rank is not None})
    return replace(
        whole,
        scheme=whole.scheme.model_copy(update={"title": f"{whole.scheme.title}（{region}）"}),
        rows=ranked(rows),
        missing=None if whole.missing is None else [dealer for dealer in whole.missing if dealer.region == region],
        findings=(),
        returns=[line for line in whole.returns if line.dealer and line.region == region],
        before={code: earlier._replace(rank=places.get(code)) for code, earlier in before.items()},
    )


def scores_in(region: str, whole: Scores) -> Scores:
    """The results of a region, as `standings_in` has them."""
    dealers = [dealer for dealer in whole.dealers if dealer.region == region]
    other_regions = [Dealer(d.dealer, d.name) for d in whole.dealers if d.region != region]
    other_regions += [Dealer(d.dealer, d.name) for d in whole.missing or () if d.region != region]
    strangers = _words(other_regions)
    places = positions({d.dealer: d.published for d in dealers if d.rank is not None and d.published is not None})
    definitions = whole.definitions
    return replace(
        whole,
        definitions=replace(
            definitions, title=f"{definitions.title}（{region}）",
            en=f"{definitions.en} ({region})" if definitions.en else "",
        ),
        dealers=[
            replace(
                dealer, rank=places.get(dealer.dealer) if dealer.rank is not None else None,
                findings=tuple(finding for finding in dealer.findings if not _names_any(finding, strangers)),
            )
            for dealer in dealers
        ],
        findings=(),
        missing=None if whole.missing is None else tuple(d for d in whole.missing if d.region == region),
        population={},
        rulings=(),
        returns=tuple(line for line in whole.returns if line.dealer and line.region == region),
    )  # fmt: skip


def history_in(region: str, dealers: Iterable[DealerRecord], whole: History) -> History:
    """Earlier months of the region's dealers as they are now, ranked among themselves."""
    codes = [dealer.dealer for dealer in dealers if dealer.region == region and dealer.dealer in whole]
    totals: dict[str, dict[str, float]] = {}
    for code in codes:
        for entry in whole[code]:
            if entry.rank is not None and entry.total is not None:
                totals.setdefault(entry.month, {})[code] = entry.total
    places = {month: positions(figures) for month, figures in totals.items()}
    return {
        code: [replace(entry, rank=places.get(entry.month, {}).get(code)) for entry in whole[code]] for code in codes
    }


def _words(dealers: Iterable[Dealer]) -> list[str]:
    return [word for dealer in dealers for word in (dealer.code, dealer.name) if word]


def _names_any(finding: Finding | FindingRecord, words: Iterable[str]) -> bool:
    """Whether a finding names another region's dealer, in its message or its facts. A code is told from a longer one by
    what stands beside it; Chinese stands beside a name without a blank."""
    message = finding.message() if isinstance(finding, Finding) else finding.message
    text = " ".join([message, *map(str, finding.facts.values())])
    return any(
        re.search(rf"(?<![0-9A-Za-z_]){re.escape(word)}(?![0-9A-Za-z_])", text) for word in words if word in text
    )
