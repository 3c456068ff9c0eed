"""The long form of results as Parquet parts, for what reads a folder of them (DuckDB, dask, Spark)."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any, Final

from xlkpi.files import write_file

PARTS_FOLDER: Final = "scores.parquet"
ROWS_A_PART: Final = 250_000  # a thousand dealers of the largest scheme

_COPY = """
    COPY (SELECT *, try_cast(value AS DOUBLE) AS number
          FROM read_csv('{source}', header = false, quote = '"', escape = '"', delim = ',', all_varchar = true,
                        names = ['dealer', 'month', 'kind', 'id', 'value'], null_padding = false))
    TO '{target}' (FORMAT parquet, COMPRESSION zstd)
"""


def write_parts(rows: Iterable[tuple[Any, ...]], folder: Path, rows_a_part: int = ROWS_A_PART) -> list[Path]:
    """Write rows of (dealer, month, kind, id, value) as part-00000.parquet and on; a number stands in `number` too, and
    what is blank is NULL.

    Parts that an earlier run left there are removed. The same rows give the same bytes.

    Raises:
        WriteError: a part could not be written.
    """
    import duckdb  # noqa: PLC0415 - heavy, and only wanted on request

    written: list[Path] = []
    waiting = iter(rows)
    with tempfile.TemporaryDirectory() as name, duckdb.connect(config={"threads": 1}) as connection:
        source, target = Path(name) / "rows.csv", Path(name) / "part.parquet"
        while some := list(islice(waiting, rows_a_part)):
            with source.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(some)
            names = {"source": _quoted(source), "target": _quoted(target)}
            connection.execute(_COPY.format(**names))
            written.append(folder / f"part-{len(written):05}.parquet")
            write_file(written[-1], target.read_bytes())
    for path in folder.glob("part-*.parquet") if folder.is_dir() else ():
        if path.name not in {part.name for part in written}:
            path.unlink()
    return written


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
