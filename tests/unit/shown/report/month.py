"""A made-up month of any size in the shape of scores.json: what a report must carry, without scoring anything.

The figures are random but hang together: an item's score follows its completion, the total is the sum, ranks go by it.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from shared.months import told as told_of

from xlkpi.findings import Finding
from xlkpi.month.scores import SCORES_FILE
from xlkpi.month.store.query import EarlierMonth
from xlkpi.scheme.lint import usable_scheme
from xlkpi.scheme.model import Scheme
from xlkpi.shown.report.source import History

MONTH = "2026-11"
REGIONS = ("华东", "华南", "华北", "华中", "西南", "西北", "东北")
NAMES = ("宏达", "天和", "瑞丰", "新世纪", "远通", "博瑞", "金诚", "联众")

HOSTILE = (
    "</script><script>window.hit=1</script>",
    "<!--<script>",
    "\"><img src=x onerror='window.hit=2'>",
    "{{7*7}} {% raw %}",
    "a\u2028b\u2029c",
    "\u202egnp.exe\u202c",
    "javascript:window.hit=3",
    "]]>&lt;b&gt;&amp;",
    "=cmd|' /C calc'!A0",
    "\ud83d",  # half a pair
    "#/?&%2F 店",
)


@cache
def the_scheme(name: str) -> Scheme:
    return usable_scheme(name)[0]


def month(count: int, scheme_name: str = "service-monthly", seed: int = 7) -> dict[str, Any]:
    """scores.json of so many dealers. Some are provisional, some vetoed, one file in fifty could not be scored."""
    random, scheme = Random(seed), the_scheme(scheme_name)
    told = told_of(scheme)
    dealers = [_dealer(random, scheme, told, number) for number in range(1, count + 1)]
    ranked = {d["dealer"]: d["published"] for d in dealers if d["status"] == "scored" and not d["vetoed"]}
    places = {code: 1 + sum(one > total for one in ranked.values()) for code, total in ranked.items()}
    for dealer in dealers:
        if dealer["status"] != "rejected":
            dealer["rank"] = places.get(dealer["dealer"])
    return {
        "scheme": scheme.name, "scheme_version": scheme.version, "month": MONTH, "engine": "formualizer",
        "points": scheme.points, "definitions": told, "dealers": dealers, "findings": [],
        "returns": [_return(dealer, number) for number, dealer in enumerate(dealers, 1)],
    }  # fmt: skip


def saved(folder: Path, data: dict[str, Any]) -> Path:
    """The folder with the month in it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SCORES_FILE).write_text(json.dumps(data, ensure_ascii=True), "utf-8")
    return folder


def history(data: dict[str, Any], months: int = 11, seed: int = 3) -> History:
    """Earlier months of the same dealers, wandering."""
    random = Random(seed)
    return {
        dealer["dealer"]: [
            EarlierMonth(
                month=f"{2025 + (11 + n) // 12}-{(11 + n) % 12 + 1:02d}",
                total=round(min(100.0, max(0.0, dealer["published"] + random.gauss(0, 4))), 1),
                rank=random.randint(1, len(data["dealers"])),
                grade="良好",
                items={item["id"]: round(item["points"] * random.uniform(0.6, 1), 4) for item in dealer["items"]},
            )
            for n in range(months)
        ]
        for dealer in data["dealers"]
        if dealer["status"] != "rejected"
    }


def _dealer(random: Random, scheme: Scheme, told: dict[str, Any], number: int) -> dict[str, Any]:
    code = f"D{number:04d}"
    head = {
        "dealer": code,
        "name": f"虚构·{random.choice(NAMES)}{number}店",
        "region": random.choice(REGIONS),
        "file": f"{code}_{MONTH}.xlsx",
    }
    if number % 50 == 0:
        return {**head, "status": "rejected", "findings": [_finding("XK-F002", "", {"detail": "被截断"})]}
    skill = min(1.15, max(0.2, random.gauss(0.88, 0.13)))
    items = [_item(random, told, group, item, skill) for group in scheme.groups for item in group.items]
    provisional = number % 17 == 0
    findings = []
    if provisional:
        items[5].update(
            actual="未填", completion="未填", score=0.0, status="未填", score_range=[0.0, items[5]["points"]]
        )
        findings.append(_finding("XK-V001", items[5]["id"], {"label": items[5]["name"]}))
    vetoed = number % 97 == 0
    sums = {g.name: sum(i["score"] for i in items if i["group"] == g.name) for g in scheme.groups}
    before = sum(sums.values())
    total = 0.0 if vetoed else before
    grade = next(g.name for g in scheme.grades if round(total, 1) >= float(g.at_least))
    return {
        **head,
        "status": "provisional" if provisional else "scored",
        "total": total,
        "total_range": [total, total + (items[5]["points"] if provisional else 0.0)],
        "total_before_veto": before,
        "published": round(total, 1),
        "grade": "暂定" if provisional else grade,
        "vetoed": vetoed,
        "groups": [
            {"name": name, "points": points, "score": sums[name], "before_veto": sums[name], "vetoed": False}
            for name, points in ((g.name, float(g.points)) for g in scheme.groups)
        ],
        "items": items,
        "indicators": {name: _indicator(random, entry) for name, entry in told["indicators"].items()},
        "judgements": {
            name: random.choice(("达标", "达标", "偏低", "偏高"))
            for name, entry in told["indicators"].items() if entry["low"] is not None or entry["high"] is not None
        },
        "diagnoses": [
            {"number": n, "problem": entry["problem"], "stake": random.uniform(1000, 90000)}
            for n, entry in enumerate(told["diagnoses"], 1) if random.random() < 0.2
        ],
        "findings": findings,
    }  # fmt: skip


def _return(dealer: dict[str, Any], number: int) -> dict[str, Any]:
    status = "退回" if dealer["status"] == "rejected" else "迟报" if number % 23 == 0 else "按时"
    return {
        "dealer": dealer["dealer"], "name": dealer["name"], "region": dealer["region"], "status": status,
        "file": dealer["file"], "received": "2026-12-04 10:00", "logged": True, "days_late": 2 * (status == "迟报"),
        "errors": 0, "note": "",
    }  # fmt: skip


def _item(random: Random, told: dict[str, Any], group: Any, item: Any, skill: float) -> dict[str, Any]:
    entry, points = told["items"][item.name], float(item.points)
    one: dict[str, Any] = {
        "id": item.name, "name": entry["label"], "group": group.name, "points": points, "status": "已评",
        "target": "不适用", "actual": "不适用", "completion": "不适用", "vetoed": False, "vetoes": [], "deductions": [],
    }  # fmt: skip
    score = points
    if entry["of"]:
        done = max(0.0, random.gauss(skill, 0.12))
        target = random.uniform(100, 400_000)
        one |= {"target": target, "actual": target * done, "completion": done}
        score = points * min(1.0, done)
        one["trace"] = (
            f"实绩 {target * done:,.2f} 元 ÷ 目标 {target:,.2f} 元 = 完成率 {done:.2%}；"
            f"{points:g} 分 × {min(1.0, done):.2%} = {score:.4f} 分。得 {score:.4f} 分"
        )
    else:
        if random.random() < 0.15:
            lost = random.choice((2.0, 5.0))
            score -= lost
            one["deductions"] = [{"number": 1, "clause": item.clauses[0].text, "inspection": 1.0, "points": lost}]
        elif random.random() < 0.04:
            number, clause = len(item.clauses), item.clauses[-1].text
            one["vetoes"] = [{"number": number, "clause": clause, "inspection": 0.85, "scope": "item"}]
            one["vetoed"], score = True, 0.0
        one["trace"] = (
            f"起评 {points:g} 分；"
            + "；".join(f"{clause.text}：达到" for clause in item.clauses)
            + f"。得 {score:g} 分"
        )
    return {**one, "score": score, "score_range": [score, score], "before_veto": score}


def _indicator(random: Random, entry: dict[str, Any]) -> Any:
    if random.random() < 0.05:
        return "未填"
    return random.uniform(0.2, 1.3) if entry["type"] == "rate" else random.uniform(1, 50_000)


def _finding(code: str, field: str, facts: dict[str, Any]) -> dict[str, Any]:
    made = Finding(code, facts=facts)
    return {
        "code": code, "severity": made.severity.name.lower(),
        "sheet": "填报" if field else "", "cell": "F8" if field else "",
        "field": field, "message": made.message(), "remedy": made.remedy(), "facts": facts,
    }  # fmt: skip
