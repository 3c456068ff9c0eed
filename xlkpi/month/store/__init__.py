"""History: one DuckDB file that keeps what every scored month held, and gives it back to blanks, rankings and trends.

`file` opens it for one writer or many readers; `record` puts a run in; `query` and `carry` read.
"""
