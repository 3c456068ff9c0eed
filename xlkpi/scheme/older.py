"""Schemes as older versions issued them, with what this version asks in addition."""

from __future__ import annotations

from xlkpi.resources import templates
from xlkpi.scheme.model import Scheme


def with_phrases(scheme: Scheme) -> Scheme:
    """A scheme issued before fields declared their phrases, with those that the shipped one of its name declares now.

    Only what leads to words and numbers that the issued master knows is taken.
    """
    inspected = scheme.by("headquarters")
    if any(entry.says or entry.about or entry.beside for entry in inspected.values()):
        return scheme
    folder = templates() / "schemes" / scheme.name
    if not inspected or not folder.is_dir():
        return scheme
    from xlkpi.scheme.load import load_scheme  # noqa: PLC0415 - a worker reads no YAML but for an old month

    shipped = load_scheme(str(folder))[0].fields
    fields = dict(scheme.fields)
    for name, entry in inspected.items():
        shipped_field = shipped.get(name)
        if shipped_field is not None and shipped_field.type == entry.type:
            phrases = {
                saying: word
                for saying, word in shipped_field.says.items()
                if word in entry.words or word not in shipped_field.words
            }
            fields[name] = entry.model_copy(
                update={"says": phrases, "about": shipped_field.about, "beside": shipped_field.beside}
            )
    return scheme.model_copy(update={"fields": fields})
