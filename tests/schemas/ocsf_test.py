"""Would catch: a finding that is no OCSF 1.3.0, by the schema that OCSF published and not by ours; a judge that says yes to all."""

import collections
import copy
import datetime
import json
import pathlib
import tempfile
import unittest

import engine
import ocsf
import published

KINDS = ("alert", "compliance")


def examples():
    for kind in KINDS:
        for path in sorted((published.EXAMPLES / kind).glob("*.json")):
            yield path, json.loads(path.read_text("utf-8"))["data"]


def changed(record, path, value=None):
    """The record with the member at `path` set, or taken away where no value is given."""
    out = copy.deepcopy(record)
    *way, last = path
    at = out
    for step in way:
        at = at[step]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return out


# What must not pass, on a record that does: (path, value or None to take it away, a word of the fault). `both` classes.
WRONG = [
    *[
        ((name,), None, f"{name} is required")
        for name in ("activity_id", "category_uid", "type_uid", "severity_id", "time", "metadata", "finding_info")
    ],
    (("class_uid",), None, "no class"),
    (("class_uid",), 2005, "no class"),
    (("metadata", "version"), None, "version is required"),
    (("metadata", "product"), None, "product is required"),
    (("metadata", "product", "vendor_name"), None, "vendor_name is required"),
    (("finding_info", "uid"), None, "uid is required"),
    (("finding_info", "title"), None, "title is required"),
    (("finding_info", "analytic", "type_id"), None, "type_id is required"),
    (("finding_info", "analytic", "type_id"), 12, "is none of"),
    (("finding_info", "analytic", "type"), "Behavioral", "but type says"),
    (("severity_id",), 7, "is none of"),
    (("severity_id",), "4", "must be an integer"),
    (("severity_id",), True, "must be an integer"),
    (("severity",), "Severe", "but severity says"),
    (("status_id",), 5, "is none of"),
    (("status",), "Done", "but status says"),
    (("activity_id",), 4, "is none of"),
    (("activity_name",), "Created", "but activity_name says"),
    (("type_uid",), 200402, "is not class_uid * 100 + activity_id"),
    (("type_uid",), 200499, "is not class_uid * 100 + activity_id"),
    (("type_name",), "Finding", "but type_name says"),
    (("category_uid",), 3, "is none of"),
    (("category_name",), "Finding", "but category_name says"),
    (("class_name",), "Finding", "but class_name says"),
    (("time",), 1_772_424_000, "no time in milliseconds"),
    (("time",), 1_772_424_000_500_000, "no time in milliseconds"),
    (("time",), "2026-03-02T12:00:00.500+08:00", "must be an integer"),
    (("finding_info", "created_time"), 1_772_424_000.5, "must be an integer"),
    (("message",), 7, "must be a string"),
    (("message",), "x" * 65_536, "longer than"),
    (("evidences",), {}, "must be an array"),
    (("evidences", 0, "data"), None, "at_least_one"),
    (("evidences", 0, "topic"), "scans", "no such attribute"),
    (("resources", 0), {"type": "account"}, "at_least_one"),
    (("resources", 0), "a-1", "must be an object"),
    (("onecode",), {}, "no such attribute"),
    (("finding_info", "rule"), "A2", "no such attribute"),
    (("device",), {}, "belongs to the profile"),
]
WRONG_ALERT = [
    (("action_id",), 1, "belongs to the profile"),
    (("compliance",), {}, "no such attribute"),
    (("risk_score",), 9.5, "must be an integer"),
    (("vulnerabilities",), [{}], "excerpt lacks"),
]
WRONG_COMPLIANCE = [
    (("compliance",), None, "compliance is required"),
    (("compliance", "standards"), None, "standards is required"),
    (("compliance", "standards"), "one", "must be an array"),
    (("compliance", "status_id"), 4, "is none of"),
    (("compliance", "status"), "Failed", "but status says"),
    (("remediation", "desc"), None, "desc is required"),
    (("resource",), {"uid": "d-1"}, "is deprecated"),
    (("metadata", "extensions"), None, "belongs to the extension"),
    (("metadata", "extensions", 0, "version"), "0.9.0", "belongs to the extension"),
    (("metadata", "extensions", 0, "uid"), None, "uid is required"),
]


class Ocsf(unittest.TestCase):
    def test_excerpt(self):
        """ocsf: the excerpt says where it comes from, and fits the extension that the engine declares"""
        self.assertEqual(ocsf.EXCERPT["schema_version"], "1.3.0")
        self.assertEqual(ocsf.EXCERPT["licence"], "Apache-2.0")
        self.assertIn("github.com/ocsf/ocsf-schema", ocsf.EXCERPT["source"])
        self.assertEqual(set(ocsf.CLASSES), {2003, 2004})
        extension = json.loads((published.SCHEMAS / "ocsf" / "extension" / "extension.json").read_text("utf-8"))
        self.assertEqual(ocsf.EXCERPT["extension"], {key: extension[key] for key in ("name", "uid", "version")})

    def test_examples(self):
        """ocsf: every example of a finding conforms"""
        seen = 0
        for path, record in examples():
            self.assertEqual(ocsf.faults(record), [], path)
            seen += 1
        self.assertGreaterEqual(seen, 4)

    def test_campus(self):
        """ocsf: every finding of a simulated campus conforms, new, updated and closed ones of both classes"""
        with tempfile.TemporaryDirectory(prefix="onecode-ocsf-") as name:
            events = pathlib.Path(name) / "campus.ndjson"
            engine.run("simulate", "--people", 150, "--days", 10, "--out", events, "--truth", pathlib.Path(name) / "truth.ndjson")
            # Two months later somebody registers a reader. Until then every finding has been quiet for 30 days, and closes.
            command = json.loads((published.EXAMPLES / "command" / "device.register.json").read_text("utf-8"))
            with open(events, "rb+") as file:
                file.seek(-2000, 2)
                last = json.loads(file.read().splitlines()[-1])["value"]["time"]
                later = (datetime.datetime.fromisoformat(last) + datetime.timedelta(days=60)).isoformat(timespec="milliseconds")
                value = {**command, "time": later, "data": {**command["data"], "issued_at": later}}
                file.write(json.dumps({"topic": "commands", "key": value["data"]["target"], "value": value}).encode() + b"\n")
            campus = engine.Replay(events, "--secrets", f"{events}.secrets.json")
        seen = collections.Counter()
        for topic in ("alerts", "compliance"):
            for line in campus.topics[topic]:
                record = line["value"]["data"]
                self.assertEqual(ocsf.faults(record), [], record)
                seen[record["type_uid"]] += 1
        self.assertEqual(set(seen), {200301, 200302, 200303, 200401, 200402, 200403})
        self.assertGreater(seen.total(), 100)

    def test_wrong(self):
        """ocsf: what does not conform is refused, and for its own fault"""
        records = {path.parent.name: record for path, record in examples() if record["activity_id"] == 1}
        for kind, more in (("alert", WRONG_ALERT), ("compliance", WRONG_COMPLIANCE)):
            self.assertEqual(ocsf.faults(records[kind]), [])
            for path, value, word in WRONG + more:
                with self.subTest(kind=kind, path=path, value=str(value)[:40]):
                    found = ocsf.faults(changed(records[kind], path, value))
                    self.assertTrue(any(word in fault for fault in found), f"{word!r} is not in {found}")
