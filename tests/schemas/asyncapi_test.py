"""Would catch: an AsyncAPI document that names other topics, keys, directions or schemas than the engine has.

That the document is AsyncAPI 3 at all is for AsyncAPI's own parser to say: `./dev schemas`.
"""

import json
import re
import unittest

import published


class AsyncApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.api = json.loads((published.SCHEMAS / "asyncapi.json").read_text("utf-8"))

    def test_references(self):
        """asyncapi: every reference leads somewhere"""
        seen = []

        def walk(node):
            if isinstance(node, dict):
                if "$ref" in node:
                    seen.append(node["$ref"])
                    file, _, pointer = node["$ref"].partition("#")
                    target = json.loads((published.SCHEMAS / file).read_text("utf-8")) if file else self.api
                    for step in filter(None, pointer.split("/")):
                        self.assertIn(step, target, node["$ref"])
                        target = target[step]
                for value in node.values():
                    walk(value)
            elif isinstance(node, list):
                for value in node:
                    walk(value)

        walk(self.api)
        self.assertGreater(len(seen), 4 * len(published.RECORDS) - 1)

    def test_channels(self):
        """asyncapi: its channels are the topics, with their settings, directions and schemas"""
        source = (published.ROOT / "domain" / "topics.hpp").read_text("utf-8")
        row = r'\{Topic::\w+, "([a-z-]+)", (true|false), (true|false), (?:true|false), (kInputBytes|kEngineBytes), "'
        topics = {name: (shared == "true", compacted == "true", size) for name, shared, compacted, size in re.findall(row, source)}
        bytes_of = {"kInputBytes": 2 * 2**20, "kEngineBytes": 16 * 2**20}
        self.assertEqual(self.api["asyncapi"].split(".")[0], "3")
        self.assertEqual(self.api["channels"].keys(), published.RECORDS.keys())
        operations = {op["channel"]["$ref"].rsplit("/", 1)[1]: op["action"] for op in self.api["operations"].values()}
        for topic, (schema, direction) in published.RECORDS.items():
            with self.subTest(topic):
                channel = self.api["channels"][topic]
                shared, compacted, size = topics[topic]
                kafka = channel["bindings"]["kafka"]
                self.assertEqual(channel["address"], f"onecode.{topic}")
                self.assertEqual(kafka.get("partitions"), 8 if shared else 1 if topic == "policy" else None)
                # Compaction would take versions of the policy away (docs/decisions/0013-policy-topic-keeps-everything.md).
                cleanup = ["compact" if compacted and topic != "policy" else "delete"]
                self.assertEqual(kafka["topicConfiguration"]["cleanup.policy"], cleanup)
                self.assertEqual(kafka["topicConfiguration"]["max.message.bytes"], bytes_of[size])
                self.assertEqual(operations[topic], "receive" if direction == "in" else "send")
                self.assertEqual(list(channel["messages"]), [schema])
                message = self.api["components"]["messages"][schema]
                described = message["headers" if topic == "dead-letters" else "payload"]
                self.assertEqual(described, {"$ref": f"v1/{schema}.json"})
