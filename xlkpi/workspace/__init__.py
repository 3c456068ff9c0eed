"""A MONTH IS A FOLDER: received, inspected, published, appealed, final. In come headquarters' lists and what dealers
sent; out go the month's folders and `month.json`. It must not know of a terminal, a page or a button: those call it.

The room stands after `library` and before `excel` and `cli`, for it calls issuing, batch, checking, scoring and what is
shown, and the three ways in call it. It computes no score: each step calls the functions that the plain commands call.

A workspace is a folder with `xlkpi.yaml` (`settings`), 名册.xlsx, 日历.xlsx, 方案/ for schemes of one's own, and where
there are any 计划.xlsx and the history file; and a folder a month:

    目标.xlsx 检查情况.xlsx 豁免.xlsx   headquarters' lists, made as forms by `open` and `issue`
    空白表/                            what was issued: blanks, master, issue.json
    收件/  收件.jsonl                  every file that came, once, by its hash; the log says when, whence and its fate
    标注/                              `check`: marked copies, findings, letters, the return list
    结果/                              `score`: what `xlkpi score` writes; 结果/改分前/ keeps what an appeal replaced
    发放/<dealer>/                     `publish`: the dealer's sheet and notice, and nothing of another dealer
    month.json                         the state and its history (`record`)

`month.json` is a list of events that only grows, each with who, when, hashes of what went in and came out, and the
hash of the event before it. The state is the furthest that was reached:
open → issued → collecting → scored → 预发布 → 申诉 → 定稿. Extensions, revisions of targets, appeals and corrections
are events too: there is no second place for them.

What may follow what (`opening`, `scoring`, `closing`; anything else is refused with the command that is missing):
`issue` and `receive` until 预发布 (a file that comes later is logged and counts by an appeal alone); `check` and
`score` from the first receipt; `publish` when the last score was made of what lies there now; `appeal` from 预发布 to
its deadline; `decide` while an appeal is open; `finalise` when none is and the deadline is past; `correct` on 定稿.

A step writes its files first, each whole or not at all, and month.json last. The same step with the same inputs finds
its event and changes nothing; after a kill it makes the same bytes again. From 预发布 on inputs and results are frozen
by their hashes: a step that finds another one stops (XK-W087).

Seams for what comes beside the core: `scoring.sources` (which list gives a figure), `receiving.fate` (what becomes of a
file), `deadlines` (days; a calendar makes working days of them), `handing` (what goes into 发放/).
"""
