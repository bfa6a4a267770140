"""Would catch: a schema that is none, a topic without one, an example that its schema or the engine contradicts."""

import json
import re
import unittest

import jsonschema

import compatibility
import engine
import published

# Examples of outputs are records of this day: example -> topic and place in what the engine publishes for it.
# `./dev schemas examples` writes them anew.
DAY = published.EXAMPLES / "day.ndjson"
OF_THE_DAY = {
    "decision/allow": ("decisions", 0),
    "decision/unknown-account": ("decisions", 1),
    "decision/challenge": ("decisions", 5),
    "decision/egress-of-a-frozen-account": ("decisions", 8),
    "decision/candidate": ("decisions", 11),
    "decision/rules-in-shadow": ("decisions", 14),
    "freeze/automatic": ("freezes", 0),
    "freeze/by-an-officer": ("freezes", 1),
    "freeze/lifted": ("freezes", 2),
    "device-status/active": ("device-status", 3),
    "device-status/quarantined": ("device-status", 12),
    "integration-status/with-an-order": ("integration-status", 3),
    "alert/created": ("alerts", 0),
    "alert/done-automatically": ("alerts", 2),
    "compliance/unregistered-reader": ("compliance", 0),
    "compliance/out-of-scope-data": ("compliance", 1),
    "notice/account-held": ("notices", 0),
    "notice/command-refused": ("notices", 3),
    "dead-letter/illegal-transition": ("dead-letters", 0),
    "dead-letter/bad-field": ("dead-letters", 2),
}


def examples():
    """(schema, path) of every example file."""
    for path in sorted(published.EXAMPLES.glob("*/*.json")):
        yield path.parent.name, path


def write_examples():
    day = engine.Replay(DAY)
    for name, (topic, place) in OF_THE_DAY.items():
        path = published.EXAMPLES / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(engine.checked(day.topics[topic][place]), ensure_ascii=False, indent=2) + "\n", "utf-8")


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.schemas = published.load()

    def test_schemas(self):
        """schemas: each is valid JSON Schema 2020-12 and says nothing that the compatibility check does not know"""
        for name, schema in self.schemas.items():
            with self.subTest(name):
                self.assertEqual(schema["$schema"], "https://json-schema.org/draft/2020-12/schema")
                jsonschema.Draft202012Validator.check_schema(schema)
                used = keywords({k: v for k, v in schema.items() if k != "$defs"}) | keywords({"properties": schema.get("$defs", {})})
                self.assertLessEqual(used, compatibility.HANDLED | {"$ref", "$defs", "dependentRequired"})

    def test_topics(self):
        """schemas: every topic of the engine has one, or is known to have none"""
        source = (published.ROOT / "domain" / "topics.hpp").read_text("utf-8")
        topics = set(re.findall(r'\{Topic::\w+, "([a-z-]+)"', source))
        self.assertGreater(len(topics), 15)
        self.assertEqual(topics, published.RECORDS.keys() | published.INTERNAL | published.NO_JSON)
        self.assertEqual(self.schemas.keys(), published.DIRECTIONS.keys() | {"types"})

    def test_examples(self):
        """schemas: every example is valid, and every schema and every command has one"""
        checks = {name: published.validator(published.resolved(self.schemas, name)) for name in published.DIRECTIONS}
        seen, commands = set(), set()
        for name, path in examples():
            seen.add(name)
            example = json.loads(path.read_text("utf-8"))
            if name == "command":
                commands.add(example["data"]["command"])
            self.assertIsNone(published.fault(checks[name], example), path)
        self.assertEqual(seen, set(published.DIRECTIONS))
        self.assertEqual(commands, set(self.schemas["command"]["$defs"]["data"]["properties"]["command"]["enum"]))
        for line in engine.lines(DAY):
            self.assertIsNone(published.fault(checks["event-line"], line))

    def test_day(self):
        """schemas: examples of outputs are what the engine publishes (else: ./dev schemas examples)"""
        day = engine.Replay(DAY)
        of_outputs = {f"{name}/{path.stem}" for name, path in examples() if published.DIRECTIONS[name] == "out"}
        self.assertEqual(of_outputs, set(OF_THE_DAY))
        for name, (topic, place) in OF_THE_DAY.items():
            with self.subTest(name):
                example = json.loads((published.EXAMPLES / f"{name}.json").read_text("utf-8"))
                self.assertEqual(example, engine.checked(day.topics[topic][place]))
        candidate = json.loads((published.EXAMPLES / "decision" / "candidate.json").read_text("utf-8"))
        self.assertIn("candidate", candidate["data"])


def keywords(node):
    """Every keyword of a schema; names of members are none."""
    out = set()
    if isinstance(node, list):
        for item in node:
            out |= keywords(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            out.add(key)
            if key == "properties":
                for member in value.values():
                    out |= keywords(member)
            elif key not in ("enum", "const", "required", "dependentRequired"):
                out |= keywords(value)
    return out


if __name__ == "__main__":
    write_examples()
