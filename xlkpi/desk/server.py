"""The socket, the browser, and one server for a workspace: a second double click opens the page that is there."""

from __future__ import annotations

import socket
import sys
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import uvicorn

from xlkpi.desk.access import Access
from xlkpi.desk.application import application
from xlkpi.desk.jobs import Jobs
from xlkpi.desk.places import ADDRESS_FILE, folder_of
from xlkpi.files import FolderInUse, WriteError, claimed, remove_file, remove_stale_temporaries, write_file

_LOOPBACK: Final = "127.0.0.1"
_STOP: Final = 2  # seconds that open connections get when the server ends


def run(root: Path, tell: Callable[[str], None], *, browser: bool = True, port: int = 0) -> None:
    """Serve the page of a workspace until the process is ended.

    Args:
        root: the workspace's folder; where it is none yet, the page makes one there.
        tell: takes the address, once it answers.
        browser: whether to open it.
        port: which; 0: any that is free.

    Raises:
        PortTaken: another program listens there.
        WriteError: the folder cannot be written.
    """
    home = folder_of(root)
    try:
        with claimed(home):
            remove_stale_temporaries(home)
            remove_file(home / ADDRESS_FILE)  # of a server that was killed
            _serve(root, home / ADDRESS_FILE, tell, browser=browser, port=port)
    except FolderInUse:
        address = (home / ADDRESS_FILE).read_text("utf-8")
        tell(address)
        if browser:
            webbrowser.open(address)


class PortTaken(Exception):
    """Another program listens on the port."""


def _serve(root: Path, address_file: Path, tell: Callable[[str], None], *, browser: bool, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        if sys.platform == "win32":  # there another program could listen on the same port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:  # the port of a server that ended a moment ago
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((_LOOPBACK, port))
        except OSError:
            raise PortTaken from None
        access = Access(listening.getsockname()[1])
        jobs = Jobs(root)
        config = uvicorn.Config(
            application(root, access, jobs), log_config=None, access_log=False, server_header=False,
            proxy_headers=False, timeout_graceful_shutdown=_STOP, lifespan="off", ws="none", loop="asyncio",
            http="h11",
        )  # fmt: skip
        try:
            listening.listen()  # from here on a browser is answered, though perhaps a moment later
            write_file(address_file, access.address.encode(), private=True)
            tell(access.address)
            if browser:
                webbrowser.open(access.address)
            with suppress(KeyboardInterrupt):
                uvicorn.Server(config).run(sockets=[listening])
        finally:
            jobs.close()
            with suppress(WriteError):
                remove_file(address_file)
