"""Every word that a field of headquarters declares does what it says: a failing word costs, a meeting word does not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from conftest import AssessWith, RealMonth
from shared.monthly import Monthly

from unit.scoring.conftest import Variant
from xlkpi.scheme.model import Scheme
from xlkpi.scoring.assess import Assessment
from xlkpi.values import Value

COSTS, FREE = "failed", {"met", "asserted"}


def taken(done: Assessment) -> dict[str, int]:
    """How many clauses took something, by item."""
    return {item.id: len(item.vetoes) + len(item.deductions) for item in done.items}


def wrong(scheme: Scheme, judge: AssessWith, answers: Mapping[str, Value], real: Mapping[str, Value]) -> list[str]:
    """Words that do not do what they say, with all other inspections as they are."""
    before = sum(taken(judge(answers, real)).values())
    found = []
    for name, field in scheme.by("headquarters").items():
        for word, meaning in field.words.items():
            if word == real.get(name):
                continue
            done = judge(answers, {**real, name: word})
            more = sum(taken(done).values()) - before
            if meaning == COSTS and more < 1:
                found.append(f"{name}: {word} costs nothing")
            if meaning in FREE and more > 0:
                found.append(f"{name}: {word} costs something")
    return found


def test_every_word_of_the_shipped_scheme(scheme: Scheme, assess_with: AssessWith, real_month: RealMonth) -> None:
    assert wrong(scheme, assess_with, real_month.answers, real_month.inspections) == []


def test_a_field_may_have_several_failing_words(variant: Variant, scheme: Scheme) -> None:
    """Each of them alone fires the veto; none of them is a word that cannot be read."""
    name, failing = next(
        (name, [word for word, meaning in field.words.items() if meaning == COSTS])
        for name, field in scheme.by("headquarters").items()
        if field.type == "choice" and any(meaning == COSTS for meaning in field.words.values())
    )
    score = variant((f"{failing[0]}: {COSTS}", f"{failing[0]}: {COSTS}, 尚未: {COSTS}, 拒绝: {COSTS}"))
    base = sum(taken(score()).values())
    for word in ("尚未", "拒绝", failing[0]):
        hit = {key: word for key in scheme.by("headquarters") if key == name}
        done = score(**hit)
        assert sum(taken(done).values()) > base, word
        assert done.status == "scored", word


@pytest.mark.parametrize("inspection", ["", "也许"])
def test_a_word_that_nobody_declared_takes_nothing_and_leaves_the_total_open(
    inspection: str, scheme: Scheme, assess_with: AssessWith, real_month: RealMonth
) -> None:
    choice = next(name for name, field in scheme.by("headquarters").items() if field.type == "choice")
    given = {**real_month.inspections, choice: inspection}
    if not inspection:
        del given[choice]
    done = assess_with(real_month.answers, given)
    assert done.status == "provisional"
    assert sum(taken(done).values()) == 0


def test_monthly_schemes_too(monthly: Monthly) -> None:
    """The same of the monthly schemes, each field by itself, before an otherwise empty month."""
    scheme = monthly.scheme
    found = []
    for name, field in scheme.by("headquarters").items():
        for word, meaning in field.words.items():
            count = sum(taken(monthly.judge({}, inspections={name: word})).values())
            if (meaning == COSTS) != (count > 0):
                found.append(f"{name}: {word} ({meaning}) fires {count}")
    assert found == []
