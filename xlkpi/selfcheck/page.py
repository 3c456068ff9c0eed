"""自检.html: one file with everything in it. What it says is made by `inside`, how it looks by its templates."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import xlkpi
from xlkpi.files import write_file
from xlkpi.findings import Finding, catalogue
from xlkpi.folders import shown_path
from xlkpi.headquarters.occupied import key_in
from xlkpi.issue import ISSUE_FILE, KEY_FILE, MASTER_FILE, Issue
from xlkpi.resources import templates
from xlkpi.selfcheck.inside import LOCKED_FILE
from xlkpi.selfcheck.locked import locked, name_of
from xlkpi.selfcheck.parts import FOLDER, LICENCES, PACKAGES, RUNTIME, NoSelfCheck, known_parts, sources
from xlkpi.workbook.package import assemble, gzipped, member
from xlkpi.workbook.sheets.marker import Marker

PAGE_FILE: Final = "自检.html"
MAX_BYTES: Final = 16 * 2**20
_OURS: Final = "ours"
_LEVEL: Final = 9
_MARK: Final = f'<script type="text/plain" data-part="{_OURS}">'.encode()


def self_check(issue: Issue, key: bytes, parts: Mapping[str, bytes]) -> bytes:
    """The page of an issue. The same issue, key and parts give the same bytes.

    Args:
        issue: what was issued, with seals.
        key: the key of the seals; it is not in the page.
        parts: `read_parts`.

    Raises:
        NoSelfCheck: the page would be too large to be sent.
    """
    packed = {name: parts[name] for name in (*RUNTIME, PACKAGES)}
    packed[_OURS] = gzipped(_archive(issue, key), _LEVEL)
    style, script, worker = (Markup(_text(name)) for name in ("page.css", "page.js", "worker.js"))  # noqa: S704 - ours
    environment = Environment(
        loader=FileSystemLoader(FOLDER), undefined=StrictUndefined, autoescape=True, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    text = environment.get_template("page.html.j2").render(
        issue=issue, version=xlkpi.__version__, parts=known_parts(), licences=parts[LICENCES].decode(),
        policy=_policy(script), style=style, script=script, worker=worker,
        packed={name: base64.b64encode(data).decode() for name, data in packed.items()},
    )  # fmt: skip
    page = text.encode()
    if len(page) > MAX_BYTES:
        size = f"有 {len(page) / 2**20:.1f} MB，超过 {MAX_BYTES / 2**20:.0f} MB，不便发送"
        raise NoSelfCheck(Finding("XK-F036", facts={"detail": size}))
    return page


def add_self_check(issue: Issue, folder: Path, parts: Mapping[str, bytes]) -> Path:
    """Write the page beside the blanks that were published there.

    Raises:
        NoSelfCheck: it cannot be made, or another file has its name.
        WriteError: it could not be written.
    """
    path, key = folder / PAGE_FILE, key_in(folder)
    if key is None:
        raise NoSelfCheck(Finding("XK-F036", facts={"detail": f"{KEY_FILE} 不在空白表的文件夹里"}))
    if path.exists() and _MARK not in path.read_bytes():
        raise NoSelfCheck(Finding("XK-W044", facts={"path": shown_path(path)}))
    write_file(path, self_check(issue, key, parts))
    return path


def _archive(issue: Issue, key: bytes) -> bytes:
    """What the page's Python finds: our own files, the catalogue of findings, the issue with nothing of any dealer,
    and each dealer's part locked."""
    public = issue.anonymous()
    files = dict(sources())
    files["xlkpi/templates/rules/none"] = b""  # by this folder the templates are known
    files["xlkpi/templates/functions.txt"] = (templates() / "functions.txt").read_bytes()
    files["xlkpi/templates/findings/all.yaml"] = json.dumps(_catalogue(), ensure_ascii=False).encode()
    files[f"issue/{MASTER_FILE}"] = issue.master
    files[f"issue/{ISSUE_FILE}"] = json.dumps(public.to_json(), ensure_ascii=False).encode()
    files[f"issue/{LOCKED_FILE}"] = json.dumps(_locked(issue, key)).encode()
    return assemble(member(name, data, 0) for name, data in files.items())  # packed as a whole


def _locked(issue: Issue, key: bytes) -> dict[str, str]:
    parts = {}
    for dealer in issue.roster:
        marker = Marker.read(issue.marker(dealer, key))
        if marker is None or not issue.verifies(marker):
            raise NoSelfCheck(Finding("XK-F036", facts={"detail": "密钥与下发时的不同"}))
        contents = json.dumps(issue.part_of(dealer), ensure_ascii=False, sort_keys=True).encode()
        parts[name_of(marker.seal)] = locked(marker.seal, contents).hex()
    return dict(sorted(parts.items()))


def _catalogue() -> dict[str, Any]:
    """The catalogue in the shape of its files, Chinese alone."""
    entries = {}
    for code, entry in catalogue().items():
        body = {name: getattr(entry, name) for name in entry.__dataclass_fields__ if name not in ("code", "texts")}
        entries[code] = {**body, "severity": entry.severity.name, "zh": entry.texts["zh"], "en": {}}
    return entries


def _policy(script: str) -> str:
    """The content security policy: nothing is fetched; the page's own script alone runs, and what it unpacks."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; connect-src 'none'; script-src 'sha256-{digest}' 'wasm-unsafe-eval' blob:; "
        "worker-src blob:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    )


def _text(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")
