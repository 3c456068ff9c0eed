"""In the page the catalogue of findings lies as JSON, which is YAML too: nothing else is read with this."""

import json


class SafeLoader:
    """Named by who reads the catalogue."""


def load(text, _loader):
    """The content of a JSON text."""
    return json.loads(text)
