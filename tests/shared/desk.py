"""The local page as a process of its own, and a client for it that sends exactly what a test wants."""

from __future__ import annotations

import http.client
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass
class Desk:
    """A running page."""

    address: str
    process: subprocess.Popen[str]
    cookie: str = ""
    form_token: str = ""
    port: int = field(init=False)

    def __post_init__(self) -> None:
        self.port = urlsplit(self.address).port or 0

    def ask(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
        """Ask; a header with "" is left out, and names have _ for -."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        host = f"127.0.0.1:{self.port}"
        known = {"host": host, "cookie": self.cookie, "content-length": str(len(body))}
        if method == "POST":
            known |= {"origin": f"http://{host}"}
        known |= {name.replace("_", "-"): text for name, text in headers.items()}
        for name, text in known.items():
            if text:
                connection.putheader(name, text)
        connection.endheaders(body)
        answer = connection.getresponse()
        result = Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        connection.close()
        return result

    def enter(self) -> None:
        """Open the address with its token, as a browser does."""
        answer = self.ask(self.address.removeprefix(f"http://127.0.0.1:{self.port}"))
        assert answer.status == 200, answer.text
        self.cookie = answer.headers["set-cookie"].split(";")[0]
        page = self.ask("/")
        match = re.search(r'data-form-token="([^"]+)"', page.text)
        assert match, page.text
        self.form_token = match[1]

    def form(
        self, path: str, words: Mapping[str, str], number: str = "", files: Mapping[str, Path] | None = None,
        **headers: str,
    ) -> Answer:  # fmt: skip
        """Send a form."""
        boundary = "bound" + secrets.token_hex(8)
        known = {"form_token": self.form_token, "number": number or secrets.token_hex(16), "by": "张三", **words}
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
            for name, text in known.items()
        ]
        body = "".join(parts).encode()
        for name, path_of_file in (files or {}).items():
            head = f'Content-Disposition: form-data; name="{name}"; filename="{path_of_file.name}"'
            body += f"--{boundary}\r\n{head}\r\n\r\n".encode() + path_of_file.read_bytes() + b"\r\n"
        body += f"--{boundary}--\r\n".encode()
        return self.ask(path, "POST", body, content_type=f"multipart/form-data; boundary={boundary}", **headers)

    def outcome(self, path: str, words: Mapping[str, str], number: str = "", **files: Path) -> str:
        """Send a form, wait until its step is over, and read what it came to."""
        number = number or secrets.token_hex(16)
        answer = self.form(path, words, number, files)
        assert answer.status == 303, answer.text
        return self.over(answer.headers["location"].split("?")[0], number)

    def over(self, path: str, number: str, tries: int = 600) -> str:
        """The page's words on a job, once that is over."""
        for _ in range(tries):
            page = self.ask(f"{path}?job={number}")
            assert page.status == 200, page.text
            match = re.search(rf'<section class="job over[^>]*data-job="{number}".*?</section>', page.text, re.DOTALL)
            if match:
                return re.sub(r"<[^>]+>|\s+", " ", match[0])
            time.sleep(0.1)
        raise AssertionError(page.text)

    def drop(self, month: str, files: Mapping[str, bytes], number: str = "") -> str:
        """Drop files by their names; the number of the delivery."""
        number = number or secrets.token_hex(16)
        headers = {"x_form_token": self.form_token}
        assert self.ask(f"/m/{month}/deliveries?number={number}", "POST", **headers).status == 200
        for name, data in files.items():
            path = f"/m/{month}/deliveries/{number}/file?name={quote(name, safe='')}"
            answer = self.ask(path, "POST", data, **headers)
            assert answer.status == 200, answer.text
        ended = self.ask(f"/m/{month}/deliveries/{number}/end", "POST", x_by=quote("张三"), **headers)
        assert ended.status == 200, ended.text
        return number


@contextmanager
def desk(root: Path, *options: str) -> Iterator[Desk]:
    """The page of a workspace, until the block ends."""
    process = started(root, *options)
    assert process.stdout is not None
    try:
        yield Desk(process.stdout.readline().strip(), process)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def started(root: Path, *options: str) -> subprocess.Popen[str]:
    """The command, whose first line is the address."""
    words = [sys.executable, "-W", "ignore", "-m", "xlkpi", "desk", str(root), "--no-browser", *options]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, encoding="utf-8")
