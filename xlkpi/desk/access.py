"""Who may ask the local page: this machine alone, by the address with the token, from the page itself.

What any web page that is open in the same browser could send is refused: another Host (a name that was pointed at this
machine), another Origin, a form without the words that only our own pages hold.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FORM_TOKEN: Final = "form_token"  # noqa: S105 - the name of a field
FORM_HEADER: Final = "x-form-token"
POLICY: Final = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
    "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
))  # fmt: skip
"""The content security policy of every page: nothing but our own files, from here."""
_HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # not no-referrer: with that a browser sends no Origin along with a form
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Access:
    """What this run of the server asks for: its port, the token in the address, what its cookie and forms hold."""

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    session: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    form_token: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    @property
    def address(self) -> str:
        """The address that opens the page, with its token."""
        return f"http://127.0.0.1:{self.port}/?token={self.token}"

    @property
    def cookie(self) -> str:
        """The cookie's name: cookies of one host are shared by all its ports."""
        return f"xlkpi_{self.port}"

    @property
    def hosts(self) -> frozenset[str]:
        """What a request's Host may say."""
        return frozenset((f"127.0.0.1:{self.port}", f"localhost:{self.port}"))

    def knows_form(self, text: object) -> bool:
        """Whether a form, or a header in its place, holds the words that our pages gave it."""
        return isinstance(text, str) and _same(text, self.form_token)


class Guarded:
    """The application behind all checks."""

    def __init__(self, app: ASGIApp, access: Access):
        self.app, self.access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what may be asked; refuse everything else before the application sees it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # a socket is closed unanswered

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, text in _HEADERS.items():
                    headers.setdefault(name, text)
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self.app)(scope, receive, with_headers)

    def _refusal(self, scope: Scope) -> Response | None:
        headers, access = Headers(scope=scope), self.access
        client = scope.get("client")
        if client is None or not ip_address(client[0]).is_loopback:
            return _refused(403, "只有本机能打开这个页面。")
        if headers.getlist("host") != [headers.get("host")] or headers.get("host") not in access.hosts:
            return _refused(421, "地址不对：请用程序窗口里的地址。")
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return _refused(405, "不支持这种请求。")
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none") and scope["method"] == "POST":
            return _refused(403, "这个请求不是从本页发出的。")
        if scope["method"] == "POST" and headers.get("origin") != f"http://{headers['host']}":
            return _refused(403, "这个请求不是从本页发出的。")
        known = cookie_parser(headers.get("cookie", "")).get(access.cookie, "")
        tokens = parse_qs(scope["query_string"].decode("latin-1")).get("token", [])
        if tokens and scope["path"] == "/" and scope["method"] == "GET":
            return self._entrance() if len(tokens) == 1 and _same(tokens[0], access.token) else _stranger()
        return None if _same(known, access.session) else _stranger()

    def _entrance(self) -> Response:
        """The cookie, and on to the page without the token in its address. It is no redirect: a browser would not send
        along a strict cookie where another program or page opened the address."""
        answer = HTMLResponse(_page('<meta http-equiv="refresh" content="0;url=/">', "正在打开……"))
        answer.set_cookie(self.access.cookie, self.access.session, httponly=True, samesite="strict", path="/")
        return answer


def _same(text: str, secret: str) -> bool:
    return hmac.compare_digest(text.encode("utf-8", "replace"), secret.encode())


def _refused(status: int, text: str) -> Response:
    return PlainTextResponse(text + "\n", status)


def _stranger() -> Response:
    words = "请从程序窗口里的地址打开（带 token 的那一行）；程序重开以后，旧地址作废。"
    return HTMLResponse(_page("", words), 403)


def _page(head: str, words: str) -> str:
    return (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>绩效</title>{head}'
        f'<link rel="icon" href="data:,"><body><p>{words}</p></body></html>'
    )
