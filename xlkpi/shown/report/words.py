"""The report's own words, in zh or en, from `templates/reports/words.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

from xlkpi.resources import templates
from xlkpi.scheme.lined import read

Lang = Literal["zh", "en"]


@cache
def words(lang: Lang) -> Mapping[str, str]:
    """Every word by its key."""
    loaded = read((templates() / "reports" / "words.yaml").read_text("utf-8"))
    return {key: entry[lang] for key, entry in loaded.items()}
