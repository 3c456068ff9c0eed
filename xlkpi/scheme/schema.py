"""The JSON Schema of a scheme's files, for editors: taken from the model, with the shorthands of the loader."""

from __future__ import annotations

from typing import Any

from xlkpi.scheme.lint import rules_for
from xlkpi.scheme.load import find_scheme
from xlkpi.scheme.model import Scheme
from xlkpi.scheme.rules import load_rules


def editor_schema(name_or_folder: str | None = None) -> dict[str, Any]:
    """A schema that fits each file of a scheme: any of the top-level keys, since files are taken together.

    With a scheme named, the rules of its own folder `rules/` are known beside the shipped ones.

    Raises:
        SchemeError: there is no such scheme, or one of its rules cannot be read.
    """
    schema = Scheme.model_json_schema(by_alias=True)
    schema["title"] = "xlkpi scheme"
    schema.pop("required", None)  # one file alone need not hold everything
    rules = rules_for(find_scheme(name_or_folder)) if name_or_folder else load_rules()
    scoring = [rule for rule in rules.values() if rule.kind == "score"]
    schema["$defs"]["Score"] = {
        "type": "object",
        "description": "One scoring rule: {RULE: NAME} or {RULE: {of: NAME, …}}",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": {
            rule.name: {
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
    return schema
