"""What is sent to the page: forms, each a step to be done, and dropped files. The answer comes at once: what takes
longer goes on in the queue."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote, unquote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from xlkpi.desk.access import FORM_HEADER, FORM_TOKEN
from xlkpi.desk.actions import STEPS, answer_of
from xlkpi.desk.deliveries import Delivery, NotKept, begin, find
from xlkpi.desk.jobs import NUMBER, Job, Jobs
from xlkpi.desk.places import uploads_in
from xlkpi.desk.reading import Reading
from xlkpi.desk.rendering import NAME_COOKIE, Rendering, now
from xlkpi.files import WriteError, safe_name, write_file
from xlkpi.findings import Finding
from xlkpi.values import MONTH_PATTERN

_PATIENCE: Final = 1.5  # seconds in which a short step is answered with what it came to
_UPLOAD: Final = 64 << 20  # bytes of a list
_LONGEST_WORD: Final = 4000  # characters of a form's word
_FIELDS: Final = 2000  # of a form
_NAMES: Final = 60  # characters of a person's name
_BACK: Final = re.compile(r"/(?:m/\d{4}-\d\d(?:/[^?#\\]*)?)?")  # a page of ours
_YEAR: Final = 366 * 86400


class Forms:
    """Takes forms and files."""

    def __init__(self, reading: Reading, rendering: Rendering, jobs: Jobs):
        self.reading, self.rendering, self.jobs = reading, rendering, jobs

    async def do(self, request: Request) -> Response:
        """A form that asks for a step."""
        step, month = request.path_params["step"], request.path_params.get("month", "")
        async with request.form(max_files=4, max_fields=_FIELDS) as form:
            if not self.rendering.access.knows_form(form.get(FORM_TOKEN)):
                return self._refused(request, "这张表单不是本页的，或程序已经重开：请刷新页面再做一次。")
            words = {name: text[:_LONGEST_WORD] for name, text in form.items() if isinstance(text, str)}
            number, by = words.pop("number", ""), words.pop("by", "").strip()[:_NAMES]
            second = words.pop("second", "").strip()[:_NAMES]
            if step not in STEPS or not NUMBER.fullmatch(number) or not (month or step in ("init", "open")):
                return self._refused(request, "没有这一步。")
            of = month or words.get("name", "")
            if of and not re.fullmatch(MONTH_PATTERN, of):
                return self._refused(request, "月份要写成 2026-11 这样。")
            if not by:
                return self._refused(request, "请写经手人的姓名，再做一次。", month)
            words.pop(FORM_TOKEN)
            back = words.pop("back", "")
            job = Job(number, step, of, words, by, second, f"{now():%Y-%m-%d %H:%M:%S}")
            try:
                if self.jobs.known(number) is None:
                    await self._keep_uploads(form, number)
                await run_in_threadpool(self.jobs.add, job)
            except (NotKept, WriteError) as error:
                return self._refused(request, f"文件存不下来：{error.detail}", month)
        known = await run_in_threadpool(self.jobs.wait, number, _PATIENCE)
        return self._onwards(known or job, back if _BACK.fullmatch(back) else "", by)

    def _onwards(self, job: Job, back: str, by: str) -> Response:
        """On to the page that shows what the step came to."""
        target = back or (f"/m/{job.month}" if job.month else "/")
        answer = RedirectResponse(f"{quote(target, safe='/%')}?job={job.number}", 303)
        answer.set_cookie(NAME_COOKIE, quote(by), max_age=_YEAR, httponly=True, samesite="strict", path="/")
        return answer

    async def _keep_uploads(self, form: FormData, number: str) -> None:
        """A form's files, each in a folder by the field's name."""
        for name, upload in form.multi_items():
            if isinstance(upload, UploadFile) and upload.filename:
                last = PurePosixPath(upload.filename.replace("\\", "/")).name
                data = await upload.read(_UPLOAD + 1)
                if len(data) > _UPLOAD:
                    raise NotKept(last, f"超过 {_UPLOAD >> 20} MB")
                path = uploads_in(self.reading.root) / number / safe_name(name) / safe_name(last, 200)
                await run_in_threadpool(write_file, path, data)

    def _refused(self, request: Request, sentence: str, month: str = "") -> Response:
        return self.rendering.page(request, "refused", 400, month=month, sentence=sentence)

    # -------------------------------------------------------------- dropped files

    async def begin_delivery(self, request: Request) -> Response:
        """Begin a delivery: its number comes back."""
        month, number = request.path_params["month"], request.query_params.get("number", "")
        if not self._may(request) or not NUMBER.fullmatch(number) or not re.fullmatch(MONTH_PATTERN, month):
            return _json(403, detail="请刷新页面再拖一次。")
        delivery = await run_in_threadpool(begin, self.reading.root, number, month, now())
        return _json(200, number=delivery.number)

    async def take_file(self, request: Request) -> Response:
        """One of its files, as it is."""
        delivery = self._delivery(request)
        if delivery is None:
            return _json(403, detail="请刷新页面再拖一次。")
        try:
            await delivery.keep(request.query_params.get("name", ""), request.stream())
        except NotKept as refused:
            return _json(413, finding=_plain(refused.finding))
        return _json(200)

    async def end_delivery(self, request: Request) -> Response:
        """All its files are there, or as many as there will be: it goes into the queue."""
        delivery = self._delivery(request)
        by = unquote(request.headers.get("x-by", "")).strip()[:_NAMES]
        if delivery is None or not by:
            return _json(403, detail="请写经手人的姓名，再做一次。" if delivery else "请刷新页面再拖一次。")
        if request.query_params.get("drop"):
            await run_in_threadpool(delivery.remove)
            return _json(200)
        words = {"delivery": delivery.number, "came": unquote(request.headers.get("x-came", ""))[:40]}
        job = Job(delivery.number, "deliver", delivery.month, words, by, "", f"{delivery.at:%Y-%m-%d %H:%M:%S}")
        await run_in_threadpool(self.jobs.add, job)
        answer = _json(200, number=job.number, files=await run_in_threadpool(delivery.count))
        answer.set_cookie(NAME_COOKIE, quote(by), max_age=_YEAR, httponly=True, samesite="strict", path="/")
        return answer

    def _may(self, request: Request) -> bool:
        return self.rendering.access.knows_form(request.headers.get(FORM_HEADER))

    def _delivery(self, request: Request) -> Delivery | None:
        if not self._may(request):
            return None
        delivery = find(self.reading.root, request.path_params["number"])
        return delivery if delivery is not None and delivery.month == request.path_params["month"] else None


def _json(status: int, **content: object) -> JSONResponse:
    return JSONResponse(content, status)


def _plain(finding: Finding) -> Mapping[str, str]:
    known = answer_of(finding)
    return {"code": known.code, "message": known.message, "remedy": known.remedy}
