"""Records with one thing changed: a member left out, null, of another type, one beyond a limit, and one at it."""

import copy

CONTROL, LINE = "a\u0001b", "two\nlines"
TIMES = [
    "2026-03-02T07:58:12+08:00", "2026-03-02t07:58:12.123456789z", "2026-03-02T23:59:60-23:59", "2026-03-02",
    "2026-03-02T07:58:12", "2026-13-02T07:58:12Z", "2026-03-32T07:58:12Z", "2026-03-02T24:00:00Z",
    "2026-03-02T07:60:00Z", "2026-03-02T07:58:61Z", "2026-03-02T07:58:12.Z", "2026-03-02 07:58:12Z",
    "2026-03-02T07:58:12+24:00", "2026-03-02T07:58:12+0800", "2026-3-2T07:58:12Z", "1970-01-01T08:00:00.000+08:00",
    "2014-12-30T00:00:00Z", "2015-01-01T00:00:00Z", "2099-12-31T23:59:59Z", "2100-01-02T00:00:00Z", "9999-01-01T00:00:00Z",
]
GENERAL = [None, True, 0, -1, 7, 1.5, 10**12 + 1, "", "x", "学", "7", CONTROL, LINE, "a\n", {}, {"x": 1}, [], [7], ["x"]]
LISTS = [[None], ["x", "x"], ["a b"], ["other:clinic", "egress"], [""], [CONTROL], ["i" * 65], [{}], [[]]]
IDS = ["A.b_c:d-9", "a/b", "a b", "a(1)", "i" * 64, "i" * 65, "a-1\n"]
FUNCTIONS = ["access", "payments", "other", "other:"] + ["other:" + "n" * n for n in (1, 64, 65, 128, 129)]


def values_for(schema):
    """What to put in a member's place, by what the schema says about it."""
    values = list(GENERAL)
    for part in _parts(schema):
        for limit in ("minimum", "maximum"):
            if limit in part:
                values += [part[limit] - 1, part[limit], part[limit] + 1]
        for limit in ("minLength", "maxLength"):
            if limit in part:
                values += ["m" * max(0, part[limit] + n) for n in (-1, 0, 1)]
        if "enum" in part:
            values += part["enum"]
            values += [w + "s" for w in part["enum"] if isinstance(w, str)][:1]
            values += [w.upper() for w in part["enum"] if isinstance(w, str)][:1]
        if "const" in part:
            values.append(part["const"])
        if part.get("format") == "date-time":
            values += TIMES
        if "array" in part.get("type", ""):
            values += LISTS
        if "[A-Za-z0-9._:-]" in part.get("pattern", ""):
            values += IDS
        if "other:" in part.get("pattern", ""):
            values += FUNCTIONS
    out, seen = [], set()
    for value in values:
        if (mark := repr(value)) not in seen:
            seen.add(mark)
            out.append(value)
    return out


def _parts(schema):
    yield schema
    for part in schema.get("anyOf", []):
        yield from _parts(part)
    if isinstance(schema.get("items"), dict):
        yield from _parts(schema["items"])


def sub_schemas(schema, member):
    """The schema of a member, also where it stands in a branch that depends on another member; {}: none."""
    found = schema.get("properties", {}).get(member)
    if found is None and isinstance(schema.get("additionalProperties"), dict):
        found = schema["additionalProperties"]
    for part in schema.get("anyOf", []):
        if found is None and isinstance(part, dict):
            found = sub_schemas(part, member) or None
    return found or {}


def places(instance, schema, path=()):
    """(path, schema) of every member and item of an instance."""
    if isinstance(instance, dict):
        for member, value in instance.items():
            below = sub_schemas(schema, member)
            yield path + (member,), below
            yield from places(value, below, path + (member,))
    elif isinstance(instance, list):
        for part in _parts(schema):
            if isinstance(part.get("items"), dict) or "prefixItems" in part:
                prefix = part.get("prefixItems", [])
                for i, value in enumerate(instance):
                    below = prefix[i] if i < len(prefix) else part.get("items", {})
                    yield path + (i,), below
                    yield from places(value, below, path + (i,))
                return


def put(instance, path, value):
    """A copy along the path; the rest is shared."""
    out = copy.copy(instance)
    out[path[0]] = value if len(path) == 1 else put(instance[path[0]], path[1:], value)
    return out


def drop(instance, path):
    out = copy.copy(instance)
    if len(path) == 1:
        del out[path[0]]
    else:
        out[path[0]] = drop(instance[path[0]], path[1:])
    return out


def mutants(instance, schema, wanted=lambda path: True):
    """(path, what was done, the instance with it done)."""
    for path, below in places(instance, schema):
        if not wanted(path):
            continue
        yield path, "left out", drop(instance, path)
        for value in values_for(below):
            yield path, f"= {value!r}"[:90], put(instance, path, value)
        at = instance
        for step in path:
            at = at[step]
        if isinstance(at, dict):
            yield path, "one member more", put(instance, path + ("unheard-of",), 1)
            yield path, "a null member more", put(instance, path + ("unheard-of",), None)
