"""The report's own words, in zh or en, from `templates/reports/words.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

from ruamel.yaml import YAML

from xlkpi.resources import templates

Lang = Literal["zh", "en"]


@cache
def words(lang: Lang) -> Mapping[str, str]:
    """Every word by its key."""
    loaded = YAML(typ="safe").load((templates() / "reports" / "words.yaml").read_text("utf-8"))
    return {key: entry[lang] for key, entry in loaded.items()}
