"""The published schemas: loaded, with every $ref put in its place, and a validator for each (jsonschema, Draft 2020-12)."""

import json
import pathlib
import re

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "docs" / "schemas"
CURRENT = SCHEMAS / "v1"
RELEASED = SCHEMAS / "released" / "v1"
EXAMPLES = SCHEMAS / "examples"

# Topic and schema; `in`: others write it, `out`: the engine does.
RECORDS = {
    "scans": ("scan", "in"),
    "device-reports": ("device-report", "in"),
    "codes-issued": ("code-issued", "in"),
    "ledger": ("ledger", "in"),
    "data-access": ("data-access", "in"),
    "commands": ("command", "in"),
    "policy": ("policy", "in"),
    "decisions": ("decision", "out"),
    "freezes": ("freeze", "out"),
    "device-status": ("device-status", "out"),
    "integration-status": ("integration-status", "out"),
    "alerts": ("alert", "out"),
    "compliance": ("compliance", "out"),
    "notices": ("notice", "out"),
    "dead-letters": ("dead-letter", "out"),
}
# Topics whose records are nobody's interface, and those whose records are no JSON.
INTERNAL = {"inbox", "journal", "history"}
NO_JSON = {"evidence", "checkpoints"}

# Both are written and read by others; judged like inputs.
DIRECTIONS = {**{schema: direction for schema, direction in RECORDS.values()}, "event-line": "in"}


def load(folder=CURRENT):
    """name -> schema, as it stands in the folder."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}


def resolved(schemas, name):
    """One schema without any $ref. None of ours refers to itself."""
    return _resolve(schemas, name, {k: v for k, v in schemas[name].items() if k not in ("$defs")})


def definition(schemas, name, pointer):
    return _resolve(schemas, name, {"$ref": f"#/$defs/{pointer}"})


def _resolve(schemas, name, node):
    if isinstance(node, list):
        return [_resolve(schemas, name, item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        if len(node) != 1:
            raise ValueError(f"{name}: a $ref stands alone, or older tools ignore what is beside it: {node}")
        file, _, pointer = node["$ref"].partition("#")
        target = file.removesuffix(".json") or name
        found = schemas[target]
        for step in pointer.strip("/").split("/"):
            found = found[step]
        return _resolve(schemas, target, found)
    return {key: _resolve(schemas, name, value) for key, value in node.items()}


def closed(schema):
    """The schema with every object limited to the members it lists: what the engine writes must be written down.

    Only for outputs: in a condition (`if`) a limit would change what it asks.
    """
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: value if key in ("if", "then", "else", "allOf") else closed(value) for key, value in schema.items()}
    if schema.get("type") == "object" and "properties" in schema and "additionalProperties" not in schema:
        out["additionalProperties"] = False
    return out


_PATTERNS = {}


def _pattern(_validator, pattern, instance, _schema):
    # A schema's `$` is the end of the text; in Python it is also the place before a last newline.
    compiled = _PATTERNS.get(pattern)
    if compiled is None:
        compiled = _PATTERNS[pattern] = re.compile(re.sub(r"(?<!\\)\$", r"\\Z", pattern))
    if isinstance(instance, str) and not compiled.search(instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"pattern": _pattern})


def validator(schema):
    return Validator(schema)


def fault(checker, instance):
    """None, or where and what is wrong."""
    if checker.is_valid(instance):
        return None
    error = jsonschema.exceptions.best_match(checker.iter_errors(instance))
    return f"{error.json_path}: {error.message}"
