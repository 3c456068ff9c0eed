"""The JSON Schema of a scheme's files, for editors: taken from the model, with the shorthands of the loader."""

from __future__ import annotations

from typing import Any

from xlkpi.scheme.model import Scheme
from xlkpi.scheme.rules import load_rules


def editor_schema() -> dict[str, Any]:
    """A schema that fits each file of a scheme: any of the top-level keys, since files are taken together."""
    schema = Scheme.model_json_schema(by_alias=True)
    schema["title"] = "xlkpi scheme"
    schema.pop("required", None)  # one file alone need not hold everything
    scoring = [rule for rule in load_rules().values() if rule.kind == "score"]
    schema["$defs"]["Score"] = {
        "type": "object",
        "description": "One scoring rule: {RULE: NAME} or {RULE: {of: NAME, …}}",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": {
            rule.rule: {
                "description": f"{rule.label}: {rule.meaning}",
                "anyOf": [
                    {"type": "string"},
                    {
                        "type": "object",
                        "additionalProperties": False,
                        "required": [key for key, parameter in rule.parameters.items() if parameter.required],
                        "properties": {
                            key: {"description": f"{parameter.label} ({parameter.en})"}
                            | ({"enum": list(parameter.choices)} if parameter.choices else {})
                            for key, parameter in rule.parameters.items()
                        },
                    },
                ],
            }
            for rule in scoring
        },
    }
    _numbers_may_be_bare(schema)
    return schema


def _numbers_may_be_bare(node: Any) -> None:
    """Points and limits are kept as text, but people write them as numbers."""
    names = {"points", "lose", "most", "at_least", "minimum", "maximum", "value", "bonus_most"}
    if isinstance(node, dict):
        for key, value in node.get("properties", {}).items():
            if key in names and isinstance(value, dict):
                described = {k: value[k] for k in ("description", "default") if k in value}
                node["properties"][key] = {**described, "type": ["number", "string"]}
        for value in node.values():
            _numbers_may_be_bare(value)
    elif isinstance(node, list):
        for value in node:
            _numbers_may_be_bare(value)
