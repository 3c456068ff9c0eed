"""A month that version 0.1.0 issued and whose files came back is worth the same numbers for ever.

`0.1.0/<scheme>.zip` holds the issue, the dealers' files and headquarters' inspections as 0.1.0 wrote them;
`0.1.0/<scheme>.json` what 0.1.0 scored. Neither is ever made anew: a difference is a fault of today's code.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from xlkpi.cli import main

FOLDER = Path(__file__).parent / "0.1.0"
SCHEMES = ("service-assessment", "dealer-monthly")


def differences(expected: Any, scored: Any, where: str) -> Iterator[str]:
    """Every figure, word and absence that is not the same; figures to 1e-9. What today's code adds is not compared."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            if not isinstance(scored, dict) or key not in scored:
                yield f"{where}/{key}: is missing, was {value!r}"
            else:
                yield from differences(value, scored[key], f"{where}/{key}")
    elif isinstance(expected, list):
        if not isinstance(scored, list) or len(expected) != len(scored):
            yield f"{where}: {scored!r}, was {expected!r}"
        else:
            for number, pair in enumerate(zip(expected, scored, strict=True)):
                yield from differences(*pair, f"{where}/{number}")
    elif isinstance(expected, float) and isinstance(scored, int | float):
        if abs(expected - scored) > 1e-9 * max(1.0, abs(expected)):
            yield f"{where}: {scored!r}, was {expected!r}"
    elif expected != scored:
        yield f"{where}: {scored!r}, was {expected!r}"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_it_scores_to_the_same_numbers(scheme: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(FOLDER / f"{scheme}.zip") as archive:
        archive.extractall(tmp_path)
    words = ["score", str(tmp_path / "filled"), "--issue", str(tmp_path / "blank")]
    words += ["--inspections", str(tmp_path / "inspections.xlsx"), "-o", str(tmp_path / "out"), "--jobs", "1"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code in (0, 1), done.output
    scores = json.loads((tmp_path / "out" / "scores.json").read_text("utf-8"))
    scored = {
        dealer["dealer"]: {
            **dealer,
            "groups": {group["name"]: group["score"] for group in dealer["groups"]},
            "items": {item["id"]: item["score"] for item in dealer["items"]},
        }
        for dealer in scores["dealers"]
    }
    expected = json.loads((FOLDER / f"{scheme}.json").read_text("utf-8"))
    assert len(expected) >= 1
    unlike = list(differences(expected, scored, scheme))
    assert not unlike, "\n".join(unlike)


def test_a_difference_is_noticed() -> None:
    """The comparison itself can fail, by a figure, a word, an absence and something that is gone."""
    was = {"total": 88.2, "grade": "良好", "items": {"a": 1.0, "b": "未填"}, "range": [0.0, 1.0]}
    now = {"total": 88.2 + 1e-7, "grade": "优秀", "items": {"b": 0.0}, "range": [0.0, 1.0], "more": 1}
    assert len(list(differences(was, now, ""))) == 4
    assert list(differences(was, {**was, "more": 1}, "")) == []
