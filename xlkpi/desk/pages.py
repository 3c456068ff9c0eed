"""Each page: what it shows is gathered from `reading` and given to its template."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import os
import re
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from xlkpi.desk.actions import answer_of
from xlkpi.desk.deliveries import waiting
from xlkpi.desk.downloads import FOLDERS, bundle, downloadable, files_in, files_of
from xlkpi.desk.jobs import Job, Jobs
from xlkpi.desk.reading import Reading, dealers_of
from xlkpi.desk.rendering import FOLDER, Rendering, now
from xlkpi.desk.rows import (
    FINDINGS,
    INSPECTED,
    LETTERS,
    RANKING,
    RETURNS,
    account_of,
    findings_of,
    inspected,
    last_events,
    lists_of,
    logged,
    matters_of,
    missing,
    outcome_of,
    ranked,
    returned,
    schemes,
    text_of,
)
from xlkpi.desk.tables import Column, table_of
from xlkpi.files import fault
from xlkpi.shown.letters import GROUP_FILE
from xlkpi.shown.report.page import REPORT_FILE
from xlkpi.workspace.closing import appeal_until, open_appeals
from xlkpi.workspace.handing import shown
from xlkpi.workspace.pack import pack
from xlkpi.workspace.places import MonthFolder
from xlkpi.workspace.record import Refusal, State

_PATIENCE: Final = 0.08  # seconds that a page waits for the advice; the browser fetches what takes longer
_STATIC: Final = {"desk.css": "text/css", "desk.js": "text/javascript", "icon.svg": "image/svg+xml"}
_SCRIPT: Final = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
T = TypeVar("T")
Handler = Callable[["Pages", Request], Response]


def _answered(handler: Handler) -> Handler:
    """A page; what the workspace refuses to read stands in its place with what to do."""

    @wraps(handler)
    def page(self: Pages, request: Request) -> Response:
        try:
            return handler(self, request)
        except Refusal as refusal:
            findings = [answer_of(finding) for finding in refusal.findings]
            return self.rendering.page(request, "refused", 409, sentence="", refused=findings)

    return page


class Pages:
    """Answers what is asked for."""

    def __init__(self, reading: Reading, rendering: Rendering, jobs: Jobs):
        self.reading, self.rendering, self.jobs = reading, rendering, jobs
        self._threads = ThreadPoolExecutor(2)
        self._threads.submit(self._warm)

    def _warm(self) -> None:
        """Read what the first page asks for, before it does."""
        with suppress(Refusal, OSError):
            workspace = self.reading.workspace()
            if workspace is not None and workspace.months():
                folder = workspace.current()
                self.reading.standing(folder)
                self.reading.advice(folder, now())

    # -------------------------------------------------------------- what every page of a month needs

    def _folder(self, request: Request) -> MonthFolder:
        workspace = self.reading.workspace()
        name = request.path_params["month"]
        known = {} if workspace is None else {folder.month: folder for folder in workspace.months()}
        if name not in known:
            raise HTTPException(404)
        return known[name]

    def _is_open(self, request: Request) -> bool:
        workspace = self.reading.workspace()
        name = request.path_params["month"]
        return workspace is not None and any(folder.month == name for folder in workspace.months())

    def _page(self, request: Request, name: str, folder: MonthFolder, **content: Any) -> Response:
        record = self.reading.record(folder)
        return self.rendering.page(
            request, name, month=folder.month, workspace=folder.workspace, folder=folder, record=record,
            state=record.state, State=State, jobs=self._jobs(request, folder.month),
            scored=(folder.results / "scores.json").is_file(), until=appeal_until(record),
            appeals_open=len(open_appeals(record)), second=folder.workspace.settings.second, **content,
        )  # fmt: skip

    def _jobs(self, request: Request, month: str) -> list[Job]:
        """The jobs that a page tells of: those that go on, and the one that the browser comes from."""
        wanted = request.query_params.getlist("job")
        going = [job for job in self.jobs.of(month) if not job.condition.is_over and job.number not in wanted]
        return [*(job for number in wanted if (job := self.jobs.known(number)) is not None), *going]

    # -------------------------------------------------------------- months

    @_answered
    def months(self, request: Request) -> Response:
        """All months; where there is no workspace yet, the form for one."""
        workspace = self.reading.workspace()
        jobs = self._jobs(request, request.path_params.get("month", ""))
        if workspace is None:
            return self.rendering.page(request, "begin", schemes=schemes(), root=self.reading.root, jobs=jobs)
        months = [(folder, self.reading.record(folder)) for folder in reversed(workspace.months())]
        return self.rendering.page(
            request, "months", workspace=workspace, months=months, State=State, jobs=jobs,
            following=workspace.next_month(f"{now():%Y-%m}"), roster_there=workspace.roster.is_file(),
        )  # fmt: skip

    # -------------------------------------------------------------- a month

    @_answered
    def month(self, request: Request) -> Response:
        """A month: the one next step, its steps in order, what came, what is still missing."""
        if self._jobs(request, request.path_params["month"]) and not self._is_open(request):
            return self.months(request)  # it is just being opened, or could not be
        folder = self._folder(request)
        record = self.reading.record(folder)
        advice = self._soon(lambda: self.reading.advice(folder, now()))
        where = self._soon(lambda: self.reading.standing(folder)) if record.state >= State.ISSUED else None
        over = {job.number for job in self.jobs.of(folder.month)}
        unfinished = [each for each in waiting(self.reading.root, folder.month) if each.number not in over]
        return self._page(
            request, "month", folder, advice=advice, where=where, done=last_events(record), unfinished=unfinished,
            lists=lists_of(folder),
        )  # fmt: skip

    @_answered
    def next_step(self, request: Request) -> Response:
        """The one next step alone, for a page that did not wait for it."""
        folder = self._folder(request)
        advice, where = self.reading.advice(folder, now()), None
        if self.reading.record(folder).state >= State.ISSUED:
            where = self.reading.standing(folder)
        return self._page(
            request,
            "next",
            folder,
            advice=advice,
            where=where,
            lists=lists_of(folder),
        )

    def _soon(self, question: Callable[[], T]) -> T | None:
        """The answer, if it comes soon; a refusal counts as an answer."""
        future = self._threads.submit(question)
        try:
            return future.result(_PATIENCE)
        except TooSlow:
            return None

    def progress(self, request: Request) -> Response:
        """How far the month's jobs are, as data."""
        moment = time.monotonic()
        return JSONResponse([job.progress(moment) for job in self._jobs(request, request.path_params.get("month", ""))])

    # -------------------------------------------------------------- what came, and what was found

    @_answered
    def returns(self, request: Request) -> Response:
        """The return list: who sent, when, and whether it counts."""
        folder = self._folder(request)
        scores, issue = self.reading.scores(folder), self.reading.issue(folder)
        is_scored = scores is not None and bool(scores.returns)
        rows = list(returned(scores) if is_scored and scores else logged(self.reading.log(folder), dealers_of(issue)))
        table = table_of(request, rows, RETURNS, filters=("状态", "区域"))
        return self._page(request, "returns", folder, table=table, is_scored=is_scored)

    @_answered
    def findings(self, request: Request) -> Response:
        """All findings, each with its dealer and cell."""
        folder = self._folder(request)
        scores = self.reading.scores(folder)
        rows = list(findings_of(scores)) if scores else []
        table = table_of(request, rows, FINDINGS, filters=("级别", "区域"))
        return self._page(request, "findings", folder, table=table)

    @_answered
    def ranking(self, request: Request) -> Response:
        """The ranking, and who has no place in it."""
        folder = self._folder(request)
        scores = self.reading.scores(folder)
        groups = [group.name for group in scores.definitions.groups] if scores else []
        columns = (*RANKING, *(Column(f"{name}得分", "n") for name in groups))
        rows = [ranked(record, groups) for record in scores.dealers] if scores else []
        rows += [missing(entry.dealer, entry.name, entry.region) for entry in (scores.missing or ())] if scores else []
        table = table_of(request, rows, columns, filters=("状态", "区域"), first="名次")
        return self._page(request, "ranking", folder, table=table)

    @_answered
    def inspections(self, request: Request) -> Response:
        """What was inspected: all dealers with how much is entered, or one dealer's cells to enter."""
        folder = self._folder(request)
        issue = self.reading.issue(folder)
        if issue is None:
            return self._page(request, "inspections", folder, table=None, entries=None, dealer=None)
        entries = self.reading.inspections(folder, issue)
        code = request.query_params.get("dealer", "")
        if code in entries:
            codes = list(entries)
            at = codes.index(code)
            return self._page(
                request, "inspections", folder, table=None, dealer=issue.roster[code], entries=entries[code],
                following=codes[at + 1] if at + 1 < len(codes) else "",
            )  # fmt: skip
        rows = [inspected(dealer, entries[known]) for known, dealer in issue.roster.items()]
        table = table_of(request, rows, INSPECTED, filters=("状态", "区域"))
        return self._page(request, "inspections", folder, table=table, entries=None, dealer=None)

    # -------------------------------------------------------------- a dealer

    @_answered
    def dealer(self, request: Request) -> Response:
        """A dealer's month: its score with the account, what was found, what came, its letter, its history."""
        folder, code = self._folder(request), request.path_params["dealer"]
        issue, scores = self.reading.issue(folder), self.reading.scores(folder)
        dealer = dealers_of(issue).get(code)
        if issue is None or dealer is None:
            raise HTTPException(404)
        record = next((each for each in scores.dealers if each.dealer == code and each.items), None) if scores else None
        refused = [each for each in scores.dealers if each.dealer == code and not each.items] if scores else []
        lines = [line for line in self.reading.log(folder) if line.dealer == code]
        letter = Path(issue.file_name(dealer)).stem
        events = [event for event in self.reading.record(folder).events if event.get("dealer") == code]
        return self._page(
            request, "dealer", folder, dealer=dealer, result=record, outcome=outcome_of(record), refused_files=refused,
            account=account_of(record), lines=lines, letter=text_of(folder.marked / f"{letter}.txt"),
            downloads=files_of(folder, issue, dealer, lines), events=events,
            history=self.reading.history(folder.workspace, code), shown=shown, matters=matters_of(issue),
        )  # fmt: skip

    @_answered
    def appeals(self, request: Request) -> Response:
        """Appeals and corrections: recorded, decided, and the forms for them."""
        folder = self._folder(request)
        issue, record = self.reading.issue(folder), self.reading.record(folder)
        decided = {event["number"]: event for event in record.of("decide")}
        return self._page(
            request, "appeals", folder, recorded=list(record.of("appeal")), decided=decided,
            corrected=list(record.of("correct")), shown=shown, dealers=dealers_of(issue),
            matters=matters_of(issue) if issue else {}, chosen=request.query_params.get("dealer", ""),
        )  # fmt: skip

    # -------------------------------------------------------------- texts, files, the report

    @_answered
    def texts(self, request: Request) -> Response:
        """What is pasted into chats: the text for the group, and each dealer's letter."""
        folder = self._folder(request)
        issue = self.reading.issue(folder)
        letters = []
        for code, dealer in dealers_of(issue).items():
            text = text_of(folder.marked / f"{Path(issue.file_name(dealer)).stem}.txt") if issue else ""
            if text:
                letters.append({"经销商": code, "名称": dealer.name, "区域": dealer.region, "信": text})
        table = table_of(request, letters, LETTERS, filters=("区域",), most=50)
        return self._page(request, "texts", folder, group=text_of(folder.marked / GROUP_FILE), table=table)

    @_answered
    def files(self, request: Request) -> Response:
        """Headquarters' lists, and all that the steps wrote."""
        folder = self._folder(request)
        folders = [(name, files_in(folder, name)) for name in FOLDERS]
        return self._page(request, "files", folder, lists=lists_of(folder), folders=[f for f in folders if f[1]])

    @_answered
    def file(self, request: Request) -> Response:
        """A file to be saved, never opened in the browser."""
        folder, name = self._folder(request), request.path_params["name"]
        path = downloadable(folder, name)
        if path is None:
            raise HTTPException(404)
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return FileResponse(path, media_type=kind, filename=path.name, content_disposition_type="attachment")

    @_answered
    def bundle(self, request: Request) -> Response:
        """One of the month's folders as an archive."""
        folder, name = self._folder(request), request.path_params["name"]
        if name not in FOLDERS:
            raise HTTPException(404)
        return _archive(f"{name} {folder.month}.zip", bundle(folder, name))

    @_answered
    def pack(self, request: Request) -> Response:
        """A dealer's score with all that it was made of, to be recomputed elsewhere."""
        folder = self._folder(request)
        packed = pack(folder, request.path_params["dealer"])
        return _archive(packed.name, packed.data)

    @_answered
    def report(self, request: Request) -> Response:
        """The month's report, with its own scripts and no way to this page."""
        path = self._folder(request).results / REPORT_FILE
        if not path.is_file():
            raise HTTPException(404)
        data = path.read_bytes()
        hashes = " ".join(f"'sha256-{_digest(script)}'" for script in _SCRIPT.findall(data))
        policy = (
            f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'; sandbox allow-scripts allow-modals allow-popups"
        )
        return Response(data, media_type="text/html", headers={"content-security-policy": policy})

    def static(self, request: Request) -> Response:
        """The style and the script."""
        name = request.path_params["name"]
        if name not in _STATIC:
            raise HTTPException(404)
        return FileResponse(FOLDER / name, media_type=_STATIC[name])

    async def not_there(self, request: Request, error: Exception) -> Response:
        """No such page."""
        return self.rendering.page(request, "refused", 404, sentence="没有这一页。")

    async def failed(self, request: Request, error: Exception) -> Response:
        """A fault of ours: what it is and where, for whoever reads the source."""
        if os.environ.get("XLKPI_DEBUG"):
            traceback.print_exception(error)
        sentence = f"程序出错（{fault(error)}）。文件没有动；请把这句话告诉维护的人。"
        return self.rendering.page(request, "refused", 500, sentence=sentence)


def _archive(name: str, data: bytes) -> Response:
    disposition = f"attachment; filename*=utf-8''{quote(name)}"
    return Response(data, media_type="application/zip", headers={"content-disposition": disposition})


def _digest(script: bytes) -> str:
    """As a content security policy names a script."""
    return base64.b64encode(hashlib.sha256(script).digest()).decode()
