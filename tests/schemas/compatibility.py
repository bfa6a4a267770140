#!/usr/bin/python3
"""Compares the schemas with those of the last release and names every breaking change; exit 1 where there is one.

What breaks depends on who writes the record (docs/schemas/README.md):
  in   others write, the engine reads: whatever the released schema accepts, the new one must accept.
  out  the engine writes, others read: whatever the new schema allows, the released one must accept, but for members that
       it does not list and for new values of an enum.
  both a member that is listed stays listed.
So both are one question, asked in opposite directions: does schema b accept everything that schema a accepts? Where it
cannot be answered (two patterns, keywords that are not known here), the answer is no.
"""

import json
import sys

import published

ANNOTATIONS = {"title", "description", "$comment", "examples", "default", "deprecated", "format", "contentEncoding", "$schema", "$id"}
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
HANDLED = {
    "type", "enum", "const", "pattern", "uniqueItems", "required", "properties", "additionalProperties", "propertyNames",
    "items", "prefixItems", "anyOf", "oneOf", "allOf", "if", "then", "else", *LOWER, *UPPER, *ANNOTATIONS,
}
TYPES = {"null", "boolean", "integer", "number", "string", "array", "object"}


def types(schema):
    given = schema.get("type", sorted(TYPES))
    out = {given} if isinstance(given, str) else set(given)
    return out | {"integer"} if "number" in out else out


def merged(a, b):
    """Both at once; None: nothing satisfies both."""
    out = dict(a)
    for key, value in b.items():
        if key not in out or out[key] == value:
            out[key] = value
        elif key == "type":
            both = types(a) & types(b)
            if not both:
                return None
            out[key] = sorted(both)
        elif key == "required":
            out[key] = sorted({*a[key], *value})
        elif key == "properties":
            members = dict(a[key])
            for name, member in value.items():
                members[name] = merged(members[name], member) if name in members else member
                if members[name] is None:
                    members[name] = {"type": []}
            out[key] = members
        elif key not in ANNOTATIONS:
            out[key] = value
    return out


def branches(schema):
    """The schema as a choice between schemas without anyOf."""
    if "anyOf" not in schema:
        return [schema]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    out = []
    for branch in schema["anyOf"]:
        both = merged(rest, branch)
        if both is not None:
            out += branches(both)
    return out


def conditions(schema):
    """[(if, then, else)]"""
    found = [schema] if "if" in schema else []
    found += [part for part in schema.get("allOf", []) if "if" in part]
    return [(part["if"], part.get("then", {}), part.get("else", {})) for part in found]


def can_hold(condition, schema):
    """False: the condition asks for a value that the schema's enum does not have."""
    for name, member in condition.get("properties", {}).items():
        values = schema.get("properties", {}).get(name, {}).get("enum")
        if values is not None and "const" in member and member["const"] not in values:
            return False
    return True


def refused(a, b, lenient, path="$"):
    """What b refuses of that which a accepts. `lenient`: b is a reader who expects new enum values and members."""
    ours, theirs = branches(a), branches(b)
    if len(ours) == len(theirs) == 1:
        return _refused(ours[0], theirs[0], lenient, path)
    faults = []
    for one in ours:
        tries = [_refused(one, other, lenient, path) for other in theirs]
        if not any(faults_of_try == [] for faults_of_try in tries):
            faults += min(tries, key=len, default=[f"{path}: nothing is accepted any more"])
    return faults


def _refused(a, b, lenient, path):
    faults = []
    say = lambda text: faults.append(f"{path}: {text}")

    if "enum" in a or "const" in a:
        grown = lenient and "enum" in a and "enum" in b
        check = published.validator({key: value for key, value in b.items() if not (grown and key == "enum")})
        kinds = {type(value) for value in b["enum"]} if grown else set()
        for value in a["enum"] if "enum" in a else [a["const"]]:
            if not check.is_valid(value) or (grown and type(value) not in kinds):
                say(f"{json.dumps(value, ensure_ascii=False)} is refused")
        return faults
    if "enum" in b or "const" in b:
        say("only some values are accepted")
        return faults

    if more := types(a) - types(b):
        say(f"{' and '.join(sorted(more))} is refused")
    for key in LOWER:
        if key in b and (key not in a or a[key] < b[key]):
            say(f"{key} {a.get(key)} against {b[key]}")
    for key in UPPER:
        if key in b and (key not in a or a[key] > b[key]):
            say(f"{key} {a.get(key)} against {b[key]}")
    if "pattern" in b and a.get("pattern") != b["pattern"]:
        say(f"another pattern: {b['pattern']}")
    if b.get("uniqueItems") and not a.get("uniqueItems"):
        say("items must differ")

    if missing := set(b.get("required", [])) - set(a.get("required", [])):
        say(f"{', '.join(sorted(missing))} is required")
    known = a.get("properties", {})
    for name, member in b.get("properties", {}).items():
        if name in known:
            faults += refused(known[name], member, lenient, f"{path}.{name}")
    if "additionalProperties" in b:
        faults += _additional(a, b, lenient, path)
    if "propertyNames" in b:
        faults += refused(a.get("propertyNames", {}), b["propertyNames"], lenient, f"{path} (names)")
    if "items" in b:
        faults += refused(a.get("items", {}), b["items"], lenient, f"{path}[]")
    for i, item in enumerate(b.get("prefixItems", [])):
        ours = a.get("prefixItems", [])
        faults += refused(ours[i] if i < len(ours) else {}, item, lenient, f"{path}[{i}]")
    if "oneOf" in b and sorted(map(repr, a.get("oneOf", []))) != sorted(map(repr, b["oneOf"])):
        say("another oneOf")

    held = conditions(a)
    for condition, then, otherwise in conditions(b):
        if not can_hold(condition, a):
            continue
        mine = next((c for c in held if c[0] == condition), None)
        if mine is None:
            say(f"a new condition: {json.dumps(condition)}")
            continue
        name = f"{path} ({_consts(condition)})"
        faults += refused(mine[1], then, lenient, name) + refused(mine[2], otherwise, lenient, f"{name}, else")

    plain = [part for part in b.get("allOf", []) if "if" not in part]
    if plain and plain != [part for part in a.get("allOf", []) if "if" not in part]:
        say("another allOf")
    for key in sorted(b.keys() - HANDLED):
        if a.get(key) != b[key]:
            say(f"{key} differs")
    return faults


def _additional(a, b, lenient, path):
    other = b["additionalProperties"]
    if other is False:
        if a.get("additionalProperties", True) is not False:
            return [f"{path}: unknown members are refused"]
        return []
    mine = a.get("additionalProperties", {})
    if mine is False or other is True:
        return []
    return refused({} if mine is True else mine, other, lenient, f"{path}.*")


def _consts(condition):
    return ", ".join(f"{name} = {json.dumps(m.get('const'))}" for name, m in condition.get("properties", {}).items())


def members(schema, path="$"):
    """The paths of all members that a schema lists."""
    out = set()
    for name, member in schema.get("properties", {}).items():
        out.add(f"{path}.{name}")
        out |= members(member, f"{path}.{name}")
    for key, step in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(schema.get(key), dict):
            out |= members(schema[key], path + step)
    if "properties" not in schema:  # else a choice says which of these members must be there
        for part in [*schema.get("anyOf", []), *schema.get("oneOf", [])]:
            out |= members(part, path)
    # What is listed under a condition, such as the arguments of one command, is a place of its own.
    for condition, then, otherwise in conditions(schema):
        name = f"{path} ({_consts(condition)})"
        for part in (then, otherwise):
            out |= {name + member[len(path) :] for member in members(part, path) if member not in out}
    return out


def breaking(old, new, direction):
    """Breaking changes from one resolved schema to another."""
    faults = [f"{path}: is gone" for path in sorted(members(old) - members(new))]
    if direction == "in":
        faults += refused(old, new, False)
    else:
        faults += refused(new, old, True)
    return faults


def breaking_api(old, new):
    """The same for AsyncAPI documents: channels, what they carry and who writes stay."""
    faults = []
    for name, channel in old["channels"].items():
        now = new["channels"].get(name)
        if now is None:
            faults.append(f"channel {name}: is gone")
            continue
        if now.get("address") != channel.get("address"):
            faults.append(f"channel {name}: another address, {now.get('address')}")
        for message, content in channel.get("messages", {}).items():
            if now.get("messages", {}).get(message) != content:
                faults.append(f"channel {name}: message {message} is another or gone")
    for name, operation in old["operations"].items():
        now = new["operations"].get(name, {})
        for key in ("action", "channel", "messages"):
            if now.get(key) != operation.get(key):
                faults.append(f"operation {name}: another {key}")
    for name, message in old["components"]["messages"].items():
        now = new["components"]["messages"].get(name, {})
        for key in ("payload", "headers", "contentType", "bindings"):
            if now.get(key) != message.get(key):
                faults.append(f"message {name}: another {key}")
    return faults


def check(old_folder=published.RELEASED, new_folder=published.CURRENT):
    """All breaking changes, each with the file it stands in."""
    old, new = published.load(old_folder), published.load(new_folder)
    faults = []
    for name, direction in published.DIRECTIONS.items():
        if name not in old:
            continue
        if name not in new:
            faults.append(f"{name}.json: is gone")
            continue
        before, after = published.resolved(old, name), published.resolved(new, name)
        faults += [f"{name}.json: {fault}" for fault in breaking(before, after, direction)]
    api = [json.loads((folder.parent / "asyncapi.json").read_text("utf-8")) for folder in (old_folder, new_folder)]
    return faults + [f"asyncapi.json: {fault}" for fault in breaking_api(*api)]


if __name__ == "__main__":
    found = check()
    for fault in found:
        print(fault)
    print(f"{len(found)} breaking changes since the last release", file=sys.stderr)
    sys.exit(1 if found else 0)
