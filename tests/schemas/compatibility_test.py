"""Would catch: a breaking change that the comparison with the last release lets through, and a harmless one that it stops."""

import copy
import json
import shutil
import tempfile
import pathlib
import unittest

import compatibility
import published

# One change each: the schema, what is done to its `data`, and whether that breaks.
ID = {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,64}$"}


def at(data, *path):
    for step in path:
        data = data[step]
    return data


CHANGES = [
    ("scan", "a new optional member", lambda d: d["properties"].update(lane=ID), False),
    ("scan", "a new required member", lambda d: (d["properties"].update(lane=ID), d["required"].append("lane")), True),
    ("scan", "a member gone", lambda d: d["properties"].pop("operator"), True),
    ("scan", "a member renamed", lambda d: d["properties"].update(op=d["properties"].pop("operator")), True),
    ("scan", "an optional member required", lambda d: d["required"].append("direction"), True),
    ("scan", "a required member optional", lambda d: d["required"].remove("auth"), False),
    ("scan", "a value gone", lambda d: d["properties"]["direction"]["enum"].remove("none"), True),
    ("scan", "a new value", lambda d: d["properties"]["direction"]["enum"].insert(0, "through"), False),
    ("scan", "null no more", lambda d: d["properties"].update(offline={"type": "boolean"}), True),
    ("scan", "a smaller maximum", lambda d: d["properties"]["amount"].update(maximum=10), True),
    ("scan", "a larger maximum", lambda d: d["properties"]["amount"].update(maximum=10**13), False),
    ("scan", "a larger minimum", lambda d: d["properties"]["seq"].update(minimum=1), True),
    ("scan", "another pattern", lambda d: d["properties"]["auth"].update(pattern="^present$"), True),
    ("scan", "no pattern", lambda d: d["properties"]["auth"].pop("pattern"), False),
    ("scan", "text only, where numbers were taken", lambda d: d["properties"]["seq"].update(type="string"), True),
    ("scan", "numbers, where integers were taken", lambda d: d["properties"]["seq"].update(type="number"), False),
    ("scan", "no unknown members", lambda d: d.update(additionalProperties=False), True),
    ("scan", "only accounts", lambda d: d.update(oneOf=d["oneOf"][:1]), True),
    ("scan", "amounts are never required", lambda d: (d.pop("if"), d.pop("then")), False),
    ("scan", "amounts are required elsewhere", lambda d: d["if"]["properties"]["function"].update(const="library"), True),
    ("scan", "a keyword that nobody knows", lambda d: d.update({"not": {"required": ["x"]}}), True),
    ("scan", "another description", lambda d: d.update(description="A scan."), False),
    ("device-report", "a member gone, two levels down", lambda d: d["properties"]["network"]["anyOf"][0]["properties"].pop("dns"), True),
    ("data-access", "items are checked", lambda d: d["properties"]["fields"].update(items=ID), True),
    ("data-access", "subjects must be given", lambda d: (d.pop("anyOf"), d["required"].append("subjects")), True),
    ("command", "a new command", lambda d: (
        d["properties"]["command"]["enum"].append("campus.close"),
        d["allOf"].append({"if": {"required": ["command"], "properties": {"command": {"const": "campus.close"}}},
                           "then": {"required": ["args"], "properties": {"args": {"type": "object", "required": ["until"], "properties": {"until": ID}}}}}),
    ), False),
    ("command", "a command gone", lambda d: d["properties"]["command"]["enum"].remove("handset.unbind"), True),
    ("command", "an argument of one command required", lambda d: d["allOf"][0]["then"]["properties"]["args"]["required"].append("holder"), True),
    ("command", "an argument of one command gone", lambda d: d["allOf"][0]["then"]["properties"]["args"]["properties"].pop("test"), True),
    ("command", "the arguments of a command unchecked", lambda d: d["allOf"].pop(0), True),
    ("policy", "a parameter gone", lambda d: at(d, "properties", "rules", "properties", "A9", "properties", "params", "properties").pop("flag_accounts"), True),
    ("policy", "a new parameter", lambda d: at(d, "properties", "rules", "properties", "A9", "properties", "params", "properties").update(x={"type": "integer"}), False),
    ("decision", "a new member", lambda d: (d["properties"].update(lane=ID), d["required"].append("lane")), False),
    ("decision", "a member gone", lambda d: (d["properties"].pop("findings"), d["required"].remove("findings")), True),
    ("decision", "an optional member gone", lambda d: d["properties"].pop("candidate"), True),
    ("decision", "a member no longer always there", lambda d: d["required"].remove("policy"), True),
    ("decision", "an optional member always there", lambda d: d["required"].append("candidate"), False),
    ("decision", "a new value", lambda d: d["properties"]["verdict"]["enum"].append("ask"), False),
    ("decision", "a value gone", lambda d: d["properties"]["verdict"]["enum"].remove("challenge"), False),
    ("decision", "any text instead of one of three", lambda d: d["properties"].update(verdict={"type": "string"}), True),
    ("decision", "a number among words", lambda d: d["properties"]["verdict"]["enum"].append(3), True),
    ("decision", "null, where there was always a text", lambda d: d["properties"].update(policy={"anyOf": [ID, {"type": "null"}]}), True),
    ("decision", "a larger maximum", lambda d: d["properties"]["score"].update(maximum=100_000), True),
    ("decision", "a smaller maximum", lambda d: d["properties"]["score"].update(maximum=999), False),
    ("decision", "no maximum", lambda d: d["properties"]["score"].pop("maximum"), True),
    ("decision", "repeated items", lambda d: d["properties"]["reasons"].pop("uniqueItems"), True),
    ("freeze", "active with holds", lambda d: d["allOf"].pop(0), True),
    ("freeze", "a member of a hold gone", lambda d: at(d, "properties", "holds", "items", "properties").pop("remedy"), True),
    ("alert", "another class", lambda d: d["properties"].update(class_uid={"const": 2005}), True),
]


def each_member(schema, path=()):
    """Paths of the members of an object, anyOf and items looked through."""
    for name, member in schema.get("properties", {}).items():
        yield path + ("properties", name)
        yield from each_member(member, path + ("properties", name))
    for i, part in enumerate([] if "properties" in schema else schema.get("anyOf", [])):
        yield from each_member(part, path + ("anyOf", i))
    if isinstance(schema.get("items"), dict):
        yield from each_member(schema["items"], path + ("items",))


class Compatibility(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        schemas = published.load()
        cls.now = {name: published.resolved(schemas, name) for name in published.DIRECTIONS}

    def test_release(self):
        """schemas: nothing in them breaks what was released"""
        self.assertEqual(compatibility.check(), [])

    def test_changes(self):
        """schemas: planted changes are called breaking exactly where they are"""
        for name, what, change, breaks in CHANGES:
            with self.subTest(f"{name}: {what}"):
                new = copy.deepcopy(self.now[name])
                change(new["properties"]["data"])
                self.assertNotEqual(new, self.now[name])
                found = compatibility.breaking(self.now[name], new, published.DIRECTIONS[name])
                self.assertEqual(bool(found), breaks, found)

    def test_every_member(self):
        """schemas: whichever member is taken out, required or no longer promised, it is seen"""
        tried = 0
        for name, direction in published.DIRECTIONS.items():
            for path in each_member(self.now[name]):
                if "rules" in path and name == "policy" and "A1" not in path:
                    continue  # one rule of 38: they are built alike
                gone = copy.deepcopy(self.now[name])
                owner = at(gone, *path[:-2])
                del owner["properties"][path[-1]]
                self.assertTrue(compatibility.breaking(self.now[name], gone, direction), (name, path))
                other = copy.deepcopy(self.now[name])
                owner = at(other, *path[:-2])
                required = owner.setdefault("required", [])
                if (path[-1] in required) == (direction == "out"):
                    (required.remove if direction == "out" else required.append)(path[-1])
                    self.assertTrue(compatibility.breaking(self.now[name], other, direction), (name, path))
                tried += 1
        self.assertGreater(tried, 300)

    def test_files(self):
        """schemas: a file, a channel or a message that is gone is breaking"""
        with tempfile.TemporaryDirectory(prefix="onecode-schemas-") as folder:
            new = pathlib.Path(folder) / "v1"
            shutil.copytree(published.CURRENT, new)
            api = json.loads((published.SCHEMAS / "asyncapi.json").read_text("utf-8"))

            def found(change=None):
                changed = copy.deepcopy(api)
                if change:
                    change(changed)
                (new.parent / "asyncapi.json").write_text(json.dumps(changed), "utf-8")
                return compatibility.check(new_folder=new)

            self.assertEqual(found(), [])
            self.assertTrue(found(lambda a: a["channels"].pop("freezes")))
            self.assertTrue(found(lambda a: a["channels"]["freezes"].update(address="onecode.holds")))
            self.assertTrue(found(lambda a: a["channels"]["freezes"]["messages"].clear()))
            self.assertTrue(found(lambda a: a["operations"]["write-freezes"].update(action="receive")))
            self.assertTrue(found(lambda a: a["components"]["messages"]["freeze"].update(payload={"$ref": "v1/notice.json"})))
            (new / "notice.json").unlink()
            self.assertTrue(found())
