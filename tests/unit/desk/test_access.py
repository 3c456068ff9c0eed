"""Who may ask the page: this machine, by the address with the token, from the page itself; nothing else gets a word."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from shared.desk import Desk, desk

from xlkpi.desk.access import Access, Guarded
from xlkpi.desk.application import application
from xlkpi.desk.jobs import Jobs

NUMBER = "0" * 32


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("绩效")) as running:
        running.enter()
        yield running


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Every address of the page, by method."""
    root = tmp_path_factory.mktemp("routes")
    jobs = Jobs(root)
    guarded = application(root, Access(1), jobs)
    jobs.close()
    assert isinstance(guarded, Guarded)
    values = {"month": "2026-11", "step": "score", "number": NUMBER, "name": "a", "dealer": "D001"}
    found: dict[str, list[str]] = {"GET": [], "POST": []}
    for route in guarded.app.routes:  # type: ignore[attr-defined] # Starlette's
        path = re.sub(r"\{(\w+)(?::path)?\}", lambda match: values[match[1]], route.path)
        found["POST" if "POST" in route.methods else "GET"].append(path)
    assert min(map(len, found.values())) > 4
    return found


def test_it_listens_on_loopback_alone(page: Desk) -> None:
    listening = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            if state == "0A" and int(local.split(":")[1], 16) == page.port:
                listening.append(local.split(":")[0])
    assert listening == ["0100007F"]
    own = {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in own - {"127.0.0.1"}:
        with socket.socket() as client:
            client.settimeout(1)
            assert client.connect_ex((address, page.port)) != 0


def test_without_the_token_there_is_nothing(page: Desk, paths: dict[str, list[str]]) -> None:
    value = page.cookie.split("=")[1]
    for cookie in ("", "xlkpi=1", page.cookie[:-1], f"{page.cookie}x", page.cookie.swapcase(), f"xlkpi_1={value}"):
        stranger = Desk(page.address, page.process, cookie)
        for method, several in paths.items():
            for path in several:
                answer = stranger.ask(path, method)
                assert (answer.status, "token" in answer.text) == (403, True), (method, path)
                assert "set-cookie" not in answer.headers
    token = page.address.split("token=")[1]
    for wrong in ("", "x", token[:-1], f"{token}&token=x"):
        assert Desk(page.address, page.process).ask(f"/?token={wrong}").status == 403


def test_another_host_is_refused(page: Desk) -> None:
    """A name that somebody points at this machine is not this page's, whatever cookie comes along."""
    port = page.port
    hosts = (
        *("evil.example", f"evil.example:{port}", "127.0.0.1", "127.0.0.1:1", f"127.0.0.1.evil.example:{port}"),
        *(f"0.0.0.0:{port}", f"127.0.0.1:{port}@evil.example"),
    )
    assert {page.ask("/", host=host).status for host in hosts} == {421}
    assert page.ask("/", host="").status in (400, 421)
    assert page.ask("/", host=f"localhost:{port}").status == 200


def test_another_origin_sends_no_form(page: Desk, paths: dict[str, list[str]]) -> None:
    here = f"http://127.0.0.1:{page.port}"
    strange = (
        "",
        "null",
        "https://evil.example",
        "http://127.0.0.1",
        here.replace("127.0.0.1", "localhost"),
        f"{here}1",
    )
    for path in paths["POST"]:
        for origin in strange:
            answer = page.ask(path, "POST", origin=origin, x_form_token=page.form_token)
            assert answer.status == 403, (path, origin)
        for site in ("cross-site", "same-site"):
            assert page.ask(path, "POST", sec_fetch_site=site, x_form_token=page.form_token).status == 403


def test_a_form_without_our_words_is_refused(page: Desk, paths: dict[str, list[str]]) -> None:
    for path in paths["POST"]:
        for token in ("", "x", page.form_token[:-1]):
            is_form = "/do/" in path
            answer = page.form(path, {"form_token": token}) if is_form else page.ask(path, "POST", x_form_token=token)
            assert answer.status in (400, 403), path
            assert "刷新" in answer.text


def test_other_methods_are_refused(page: Desk) -> None:
    methods = ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT")
    assert {page.ask("/", method).status for method in methods} == {405}


def test_every_answer_says_what_a_browser_may_do(page: Desk, paths: dict[str, list[str]]) -> None:
    for path in paths["GET"]:
        answer = page.ask(path)
        assert answer.status in (200, 404), path
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} <= set(policy.split("; "))
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(r"<script(?! src=)|\son\w+=|style=|javascript:", answer.text), path
    entrance = Desk(page.address, page.process).ask(page.address.split(str(page.port))[1]).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(entrance.split("; "))


def test_no_page_asks_the_network(page: Desk) -> None:
    for name in ("desk.js", "desk.css", "icon.svg"):
        text = page.ask(f"/static/{name}").text
        assert not re.search(r"(?<!xmlns=\")https?://", text), name
    for name in ("", "../desk.js", "%2e%2e/desk.js", "base.html.j2", "/etc/passwd"):
        assert page.ask(f"/static/{name}").status == 404, name


def test_a_second_start_names_the_page_that_is_there(tmp_path: Path) -> None:
    with desk(tmp_path) as first:
        with desk(tmp_path) as second:
            assert second.address == first.address
            assert second.process.wait(60) == 0
        assert oct((tmp_path / ".desk" / "address").stat().st_mode)[-3:] == "600"
    with desk(tmp_path, "--port", str(first.port)) as later:  # the first was killed: its address still lies there
        assert later.port == first.port
        assert later.address != first.address
        later.enter()
        with desk(tmp_path / "other", "--port", str(first.port)) as third:
            assert third.process.wait(60) == 1
            assert third.process.stdout is not None
            assert "XK-W048" in third.address + third.process.stdout.read()
