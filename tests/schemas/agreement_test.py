"""Would catch: an input that its schema accepts and the engine refuses, or the other way round.

Takes the examples, changes one thing at a time (mutations.py), asks the schema, and asks the engine: a record that comes
back from `onecode replay` as a dead letter for its form was refused. Both must give the same answer, except below.
"""

import json
import multiprocessing
import os
import unittest
import warnings

import engine
import mutations
import published

# What the decoder refuses for its form; refusals of an entity, such as UNKNOWN_TARGET, are about something else.
OF_FORM = {"NOT_JSON", "TOO_LARGE", "BAD_ENVELOPE", "UNKNOWN_TYPE", "MISSING_FIELD", "BAD_FIELD", "BAD_TIME", "BAD_POLICY"}

# Where they may differ: (schema, reason, is it such a place?). `stricter`: the schema refuses what the decoder lets through.
STRICTER = [
    (
        "command",
        "values that only the entity knows to be wrong: it refuses them as BAD_FIELD when the command is its turn",
        lambda path, what: path[:2] == ("data", "args")
        and path[-1] in ("outcome", "act", "kind", "result", "scope", "article", "reliability", "days", "term_days"),
    ),
    (
        "policy",
        "read only where signatures are checked, and then as text",
        lambda path, what: path in (("data", "signature"), ("data", "key")),
    ),
    (
        "policy",
        "a member that is null counts as left out, also one that does not exist; a schema would have to name it",
        lambda path, what: what == "a null member more",
    ),
]
# The schema accepts what the decoder refuses: two members that do not fit each other, which no schema can say.
LOOSER = [
    ("policy", "a key ends before it begins", lambda path, what: path[:3] == ("data", "trust", "roles") and path[-1] in ("from", "to")),
    ("policy", "a zone that is not among the zones", lambda path, what: path[:2] == ("data", "walking_seconds") and path[-1] in (0, 1)),
    ("policy", "thresholds in ascending order", lambda path, what: path[:2] == ("data", "thresholds")),
    ("policy", "flag_accounts below watch_accounts", lambda path, what: path[-1] in ("watch_accounts", "flag_accounts")),
]

# What no schema can say at all: (schema, example, member of data, value) that it accepts and the decoder refuses.
BEYOND = [
    ("scan", "access", "seq", 182731.0),  # the text 182731.0: an integer to a schema, none to the engine
    ("scan", "access", "operator", "学" * 200),  # 200 characters, 600 bytes
    ("command", "account.renew", "issued_at", "2026-02-30T08:00:00+08:00"),  # no such day
    ("command", "account.renew", "issued_at", "2100-01-01T00:00:01Z"),  # a day that has begun, and may not go on
]

WORKERS = os.cpu_count() or 1
schemas, checks = {}, {}


def _prepare():
    warnings.simplefilter("ignore", DeprecationWarning)
    schemas.update(published.load())
    for name, direction in published.DIRECTIONS.items():
        if direction == "in":
            checks[name] = published.validator(published.resolved(schemas, name))


def _documents(name, path, first):
    """(example, its schema, which places to change). Every example has the same envelope: it is changed once."""
    example = json.loads(path.read_text("utf-8"))
    schema = published.resolved(schemas, name)
    if name == "command":
        command = example["data"]["command"]
        if command in schemas[name]["$defs"]:
            schema["properties"]["data"]["properties"]["args"] = published.definition(schemas, name, command)
        depth = ("data", "args")
    else:
        depth = ("data",)
    if name != "policy":
        yield example, schema, lambda at: first or at[: len(depth)] == depth
        return
    # A whole policy is large: member by member, and rule by rule.
    document = example["data"]
    always = {key: document[key] for key in ("version", "effective_from")}
    if document == always:
        yield example, schema, lambda at: True
    for key in [k for k in document if k not in always and k != "rules"]:
        also = {"zones": document["zones"]} if key == "walking_seconds" else {}
        yield {**example, "data": {**always, **also, key: document[key]}}, schema, lambda at, key=key: at[:2] == ("data", key)
    for rule, settings in document.get("rules", {}).items():
        yield {**example, "data": {**always, "rules": {rule: settings}}}, schema, lambda at: at[:2] == ("data", "rules")


def _mutants(job):
    """(schema, example, path, what was done, the schema's answer, the record) of one example."""
    name, path, first = job
    out = []
    for example, schema, wanted in _documents(name, path, first):
        out.append((name, path.stem, (), "as it is", checks[name].is_valid(example), example))
        for at, what, record in mutations.mutants(example, schema, wanted):
            out.append((name, path.stem, at, what, checks[name].is_valid(record), record))
    return out


def _line(number, topic, at, record):
    """An event of its own, so that nothing but its form speaks against it."""
    key = "k"
    if isinstance(record.get("id"), str) and at[:1] != ("id",):
        record = {**record, "id": f"{record['id']}/{number}"}
    if topic == "policy" and isinstance(record.get("data"), dict) and isinstance(record["data"].get("version"), str):
        if at != ("data", "version"):
            record = {**record, "data": {**record["data"], "version": f"{record['data']['version']}.{number}"}}
        key = record["data"]["version"]
    return {"topic": topic, "key": key, "partition": 0, "offset": number, "value": record}


class Agreement(unittest.TestCase):
    def test_agreement(self):
        """schemas: they and the decoder accept and refuse the same inputs"""
        topics = {name: topic for topic, (name, direction) in published.RECORDS.items() if direction == "in"}
        jobs = [
            (name, path, place == 0)
            for name in topics
            for place, path in enumerate(sorted((published.EXAMPLES / name).glob("*.json")))
        ]
        with multiprocessing.Pool(WORKERS, _prepare) as pool:
            asked = [mutant for part in pool.map(_mutants, jobs, 1) for mutant in part]
        self.assertGreater(len(asked), 20_000)
        _prepare()
        for name, stem, member, value in BEYOND:
            example = json.loads((published.EXAMPLES / name / f"{stem}.json").read_text("utf-8"))
            record = mutations.put(example, ("data", member), value)
            asked.append((name, stem, ("data", member), BEYOND, checks[name].is_valid(record), record))

        replay = engine.Replay(_line(n, topics[name], at, record) for n, (name, _, at, _, _, record) in enumerate(asked))
        refused = {}
        for letter in replay.topics["dead-letters"]:
            headers = letter["headers"]
            if headers["stage"] in ("decode", "validate") and headers["error-code"] in OF_FORM:
                refused[int(headers["offset"])] = headers["error-text"]

        differences, used = [], set()
        for number, (name, example, at, what, valid, _) in enumerate(asked):
            if what is BEYOND:
                self.assertTrue(valid and number in refused, f"{name} {at}: a schema can say this now, or the engine accepts it")
                continue
            if valid == (number not in refused):
                continue
            allowed = LOOSER if valid else STRICTER
            place = next((i for i, (of, _, fits) in enumerate(allowed) if of == name and at and fits(at, what)), None)
            if place is not None:
                used.add((valid, place))
                continue
            said = f"the schema accepts, the engine: {refused[number]}" if valid else "the schema refuses, the engine accepts"
            differences.append(f"{name}/{example} {'.'.join(map(str, at))} {what}: {said}")
        self.assertEqual(differences[:20], [], f"{len(differences)} differences")
        self.assertEqual(used, {(valid, i) for valid, those in ((True, LOOSER), (False, STRICTER)) for i in range(len(those))})
        # Neither side says yes, or no, to everything.
        self.assertGreater(sum(valid for *_, valid, _ in asked), 1_000)
        self.assertGreater(len(refused), 5_000)

        # What the engine published about all this is valid too.
        for topic, lines in replay.topics.items():
            name, _ = published.RECORDS[topic]
            check = published.validator(published.resolved(schemas, name))
            for line in lines[:: 1 + len(lines) // 500]:
                self.assertIsNone(published.fault(check, engine.checked(line)), line)
