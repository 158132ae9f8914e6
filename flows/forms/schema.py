"""Marks in the JSON schema of a form, and the shape that form pages show well."""

from typing import Any

CHOICES, MANY, TODAY = "x-choices", "x-many", "x-today"
"""Marks in a form's schema: the kind of choices to write in, whether several, whether the default is today."""


def code_of(label: str) -> str:
    """Return the code with which a drop-down's label begins: a name or title stands behind it; empty for none."""
    return label.split(maxsplit=1)[0] if label.strip() else ""


def plain_schema(schema: dict[str, Any]) -> None:
    """Turn optional fields into plain ones that may be left out: "date | None" would make the page ask for a type in English."""
    for name, told in schema.get("properties", {}).items():
        kinds = [one for one in told.pop("anyOf", []) if one.get("type") != "null"]
        schema["properties"][name] = {**(kinds[0] if kinds else {}), **told}
        if schema["properties"][name].get("default", ...) is None:
            del schema["properties"][name]["default"]
