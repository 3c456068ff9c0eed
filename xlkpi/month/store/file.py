"""The store's file: its tables, and one writer at a time.

DuckDB lets one process write or several read. The second waits; after too long it gets an error, and nothing of
the file's content is changed.
"""

from __future__ import annotations

import errno
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from xlkpi.files import WriteError, write_file
from xlkpi.folders import shown_path

if TYPE_CHECKING:
    import duckdb

T = TypeVar("T")

FORMAT: Final = 1
PATIENCE: Final = 60.0  # seconds; recording two thousand dealers takes a few
_PAUSE: Final = 0.2
_LONGEST: Final = 251  # bytes of a name: DuckDB keeps its log beside the file, with .wal behind the name
_NO_DATABASE: Final = "不是 DuckDB 的文件，或已损坏"

TABLES: Final = {
    "schemes": "scheme VARCHAR, version VARCHAR, fingerprint VARCHAR, month VARCHAR, definition VARCHAR",
    "runs": "run INTEGER, recorded TIMESTAMP, scheme VARCHAR, version VARCHAR, fingerprint VARCHAR, month VARCHAR, "
    "engine VARCHAR, tool VARCHAR, revision INTEGER, revised_on VARCHAR, made_of VARCHAR",
    "submissions": "submission INTEGER, run INTEGER, scheme VARCHAR, month VARCHAR, dealer VARCHAR, name VARCHAR, "
    "region VARCHAR, peer_group VARCHAR, position INTEGER, revision INTEGER, is_current BOOLEAN, digest VARCHAR, "
    "file VARCHAR, status VARCHAR, total DOUBLE, published DOUBLE, before_veto DOUBLE, ceiling DOUBLE, grade VARCHAR, "
    "vetoed BOOLEAN, trial VARCHAR, made_of VARCHAR",
    "mergers": "scheme VARCHAR, month VARCHAR, dealer VARCHAR, since VARCHAR, other VARCHAR, other_since VARCHAR, "
    "until VARCHAR",
    "field_values": "submission INTEGER, role VARCHAR, name VARCHAR, number DOUBLE, word VARCHAR",
    "group_scores": "submission INTEGER, group_name VARCHAR, score DOUBLE, vetoed BOOLEAN, undecided BOOLEAN",
    "items": "submission INTEGER, item VARCHAR, score DOUBLE, before_veto DOUBLE, status VARCHAR, vetoed BOOLEAN, "
    "applied DOUBLE",
    "losses": "submission INTEGER, item VARCHAR, kind VARCHAR, scope VARCHAR, points DOUBLE, clause VARCHAR, "
    "inspection VARCHAR",
    "account": "submission INTEGER, level VARCHAR, kind VARCHAR, points DOUBLE, group_name VARCHAR, item VARCHAR, "
    "clause INTEGER, nominal DOUBLE, scope VARCHAR, words VARCHAR, inspection VARCHAR",
    "findings": "run INTEGER, submission INTEGER, code VARCHAR, severity VARCHAR, file VARCHAR, sheet VARCHAR, "
    "cell VARCHAR, field VARCHAR, facts VARCHAR, message VARCHAR, ruling VARCHAR",
}
"""Each table with its columns.

A submission is one accepted or rejected file; `is_current` marks the one that counts for its dealer, month and scheme,
`revision` numbers them from 1. A merger is a dealer whose history another one goes on with. A value is a number, or a
word (text, or the word of an absence). `total` and the others are in points; months are YYYY-MM; `recorded` is UTC.
"""


class StoreError(Exception):
    """The store cannot be used. `code` and `facts` make the finding."""

    def __init__(self, code: str, **facts: object):
        super().__init__(f"{code} {facts}")
        self.code, self.facts = code, facts


@dataclass(frozen=True, slots=True)
class Store:
    """An open store."""

    path: Path
    connection: duckdb.DuckDBPyConnection

    def rows(self, query: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """The rows that a query gives."""
        return self.connection.execute(query, values).fetchall()

    def records(self, query: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The rows that a query gives, each by column name."""
        result = self.connection.execute(query, values)
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def add(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Append rows, given by column name, in bulk: one statement a row takes a second for a thousand.

        Raises:
            KeyError: a row lacks a column, or has one that the table has not.
        """
        import numpy  # noqa: PLC0415 - heavy; DuckDB takes columns

        listed = list(rows)
        if not listed:
            return
        kinds = columns_of(table)
        if unknown := listed[0].keys() - kinds.keys():
            raise KeyError(f"{table} has no column {', '.join(sorted(unknown))}")
        incoming = {name: numpy.array([row[name] for row in listed], dtype=object) for name in kinds}
        names, cast = ", ".join(kinds), ", ".join(f"{name}::{kind}" for name, kind in kinds.items())
        self.connection.register("incoming", incoming)
        self.connection.execute(f"INSERT INTO {table} ({names}) SELECT {cast} FROM incoming")  # noqa: S608 - our own
        self.connection.unregister("incoming")

    def columns(self, table: str) -> frozenset[str]:
        """The columns that a table has in this file; none where an older version made the file without it."""
        query = "SELECT column_name FROM duckdb_columns() WHERE table_name = ?"
        return frozenset(name for (name,) in self.rows(query, [table]))

    def next_number(self, table: str, column: str) -> int:
        """One more than the greatest so far."""
        ((greatest,),) = self.rows(f"SELECT coalesce(max({column}), 0) FROM {table}")  # noqa: S608 - our own names
        return int(greatest) + 1


def columns_of(table: str) -> dict[str, str]:
    """A table's columns, each with its type."""
    return dict(column.split(" ") for column in TABLES[table].split(", "))


def batched(entries: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of `size` entries (itertools.batched, which Python 3.11 lacks)."""
    remaining = iter(entries)
    while part := list(islice(remaining, size)):
        yield part


@contextmanager
def open_store(
    path: Path, *, write: bool = False, patience: float = PATIENCE, notify: Callable[[str], None] | None = None
) -> Iterator[Store]:
    """Open a store; with `write` it is created if missing, and nobody else has it open meanwhile.

    Args:
        path: the DuckDB file.
        write: whether to write into it.
        patience: seconds to wait for another program that has it open.
        notify: is called once, with who has it open, before the wait begins.

    Raises:
        StoreError: there is no store (XK-W021), the file is not one (XK-W022), or another program holds it (XK-W020).
    """
    if not write and not path.exists():
        raise StoreError("XK-W021", path=str(path))
    connection = _connected(path, write, patience, notify)
    try:
        _prepare(path, connection, write)
        yield Store(path, connection)
    finally:
        connection.close()


def _connected(
    path: Path, write: bool, patience: float, notify: Callable[[str], None] | None
) -> duckdb.DuckDBPyConnection:
    import duckdb  # noqa: PLC0415 - heavy, and only wanted where a store is

    whole = str(path.absolute())  # DuckDB takes :memory: and md:x for something else than files
    try:
        fits = bool(whole.encode()) and len(path.name.encode()) <= _LONGEST
    except UnicodeEncodeError:
        fits = False
    if not fits:
        raise StoreError("XK-W022", path=shown_path(path), detail="名字太长，或不是 UTF-8，DuckDB 打不开")
    if write:
        path.parent.mkdir(parents=True, exist_ok=True)
    until, waiting = time.monotonic() + patience, False
    while True:
        try:
            return duckdb.connect(whole, read_only=not write)
        except duckdb.IOException as error:
            message = str(error)
            if not _is_held(message):
                raise StoreError("XK-W022", path=str(path), detail=_NO_DATABASE) from None
            if time.monotonic() >= until:
                detail = _holder(message)
                raise StoreError("XK-W020", path=str(path), detail=detail, seconds=round(patience)) from None
            if notify and not waiting:
                notify(_holder(message))
            waiting = True
            time.sleep(_PAUSE)
        except duckdb.Error:
            raise StoreError("XK-W022", path=str(path), detail=_NO_DATABASE) from None


def _holder(message: str) -> str:
    """Who has the file open, as far as DuckDB says."""
    process = re.search(r"PID (\d+)", message)
    return f"进程 {process[1]}" if process else "不知道是哪个程序"


def _is_held(detail: str) -> bool:
    """Whether another program has the file open: DuckDB has one kind of error for this and for a damaged file."""
    return any(words in detail for words in ("Could not set lock", "being used by another process"))


def _prepare(path: Path, connection: duckdb.DuckDBPyConnection, write: bool) -> None:
    """Create the tables of a new store; refuse a database that is not ours, or of a later format."""
    import duckdb  # noqa: PLC0415 - heavy, and only wanted where a store is

    tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if write and not tables:
        connection.begin()
        for name, columns in TABLES.items():
            connection.execute(f"CREATE TABLE {name} ({columns})")
        connection.execute("CREATE TABLE xlkpi_store (format INTEGER)")
        connection.execute("INSERT INTO xlkpi_store VALUES (?)", [FORMAT])
        connection.commit()
        return
    try:
        ((format_,),) = connection.execute("SELECT format FROM xlkpi_store").fetchall()
    except (duckdb.Error, ValueError):
        connection.close()
        raise StoreError("XK-W022", path=str(path), detail="是 DuckDB 的库，但不是 xlkpi 存的") from None
    if format_ != FORMAT:
        connection.close()
        raise StoreError("XK-W022", path=str(path), detail=f"格式是 {format_}，这个版本的 xlkpi 用 {FORMAT}")
    if write:
        _complete(connection)


def _complete(connection: duckdb.DuckDBPyConnection) -> None:
    """Add what later versions keep besides; an older version's own columns stay as they are."""
    for table, columns in TABLES.items():
        connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({columns})")
        for column in columns_of(table).items():
            connection.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {' '.join(column)}")


def export(store: Store, folder: Path) -> list[Path]:
    """Write every table as a Parquet file into a folder; for DuckDB, pandas, Polars, Power BI and others.

    Raises:
        WriteError: a file could not be written.
    """
    import duckdb  # noqa: PLC0415 - heavy, and only wanted where a store is

    written = []
    with tempfile.TemporaryDirectory() as scratch:  # DuckDB writes in place: only a whole file is moved to its target
        for table in filter(store.columns, TABLES):
            path, temporary = folder / f"{table}.parquet", Path(scratch) / f"{table}.parquet"
            target = str(temporary).replace("'", "''")
            try:
                store.connection.execute(f"COPY {table} TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
            except duckdb.IOException:
                raise WriteError(temporary, OSError(errno.ENOSPC, "")) from None
            write_file(path, temporary.read_bytes())
            written.append(path)
    return written
