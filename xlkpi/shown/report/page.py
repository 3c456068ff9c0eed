"""The report as one HTML file: nothing is fetched, nothing but its own two scripts can run, all text is inert."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from xlkpi.files import write_file
from xlkpi.resources import templates
from xlkpi.shown.report import summary
from xlkpi.shown.report.dealers import Row, page, rows, shared
from xlkpi.shown.report.figures import figure, points
from xlkpi.shown.report.source import Source
from xlkpi.workbook.package import gzipped

REPORT_FILE = "report.html"
_FOLDER = templates() / "reports"
_LIBRARY = "vendor/echarts/echarts.min.js"


def render(source: Source) -> str:
    """The page. The same scores.json gives the same text."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER), undefined=StrictUndefined, autoescape=True, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["points"] = lambda value: points(value, source.digits)
    environment.filters["share"] = lambda part, whole: figure(part / whole if whole else 0.0, "rate")
    scripts = [_text(_LIBRARY), _text("month.js")]
    ranking = rows(source)
    return environment.get_template("month.html.j2").render(
        source=source,
        t=source.words,
        policy=_policy(scripts),
        style=Markup(_text("month.css")),  # noqa: S704 - our own file
        scripts=[Markup(script) for script in scripts],  # noqa: S704 - our own file and the library's
        summary=summary,
        whole=source.whole,
        errors=sum(finding.severity == "error" for dealer in source.dealers for finding in dealer.findings),
        rows=ranking,
        place_of={row.key: place for place, row in enumerate(ranking)},
        charts=_charts(source),
        details=_packed(source, ranking),
    )


def write_report(source: Source, path: Path) -> Path:
    """Render into a file.

    Raises:
        WriteError: the file could not be written.
    """
    write_file(path, render(source).encode())
    return path


def _text(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


def _policy(scripts: Iterable[str]) -> str:
    """The content security policy: no address may be fetched; a script runs only if it is one of these."""
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    return f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def _charts(source: Source) -> dict[str, Any]:
    """What the charts and the script show; the template makes it harmless inside a script element."""
    order = [grade for grade, _ in summary.grades(source)] or [""]
    rates = summary.item_rates(source)
    return {
        "words": {key: word for key, word in source.words.items() if key.isascii()},
        "locale": source.words["locale"],
        "digits": source.digits,
        "points": source.data.points,
        "grades": order,
        "bands": [
            {"low": band.low, "high": band.high, "grades": dict(band.grades)} for band in summary.bands(source)
        ],
        "items": [[name, rate] for name, rate, _ in rates],
        "counts": [count for *_, count in rates],
        "spreads": {
            part: [[spread.name, spread.totals.five] for spread in summary.spreads(source, part) if spread.totals.five]
            for part in ("region", "peer_group")
        },
        "means": summary.mean_by_month(source),
    }  # fmt: skip


def _packed(source: Source, ranking: Iterable[Row]) -> str:
    """The dealers' pages, one JSON a line below the line that they share; packed, since traces repeat their words."""
    entries = [shared(source), *(page(source, row) for row in ranking)]
    text = "\n".join(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in entries)
    return base64.b64encode(gzipped(text.encode())).decode()
