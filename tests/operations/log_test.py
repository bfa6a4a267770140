"""What the log says is what docs/operations.md says of it. Would catch: a field or a component that nobody who searches the
log knows of."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CALL = re.compile(r"\blog(?:_(?:debug|info|warn|error|limited))?\(((?:[^;\"]|\"(?:[^\"\\]|\\.)*\")*)\);")


def calls():
    for folder in ("actors", "app", "monitoring", "storage", "streams"):
        for file in (ROOT / folder).rglob("*.cpp"):
            text = file.read_text(encoding="utf-8")
            if "monitoring/log.hpp" in text and file.name != "log.cpp":
                yield from CALL.findall(text)


class Log(unittest.TestCase):
    def test_fields(self):
        """each field and component of a log line stands in docs/operations.md, and no other"""
        section = (ROOT / "docs/operations.md").read_text(encoding="utf-8").split("\n## Log\n")[1].split("\n## ")[0]
        rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", section, re.M))
        found = list(calls())
        self.assertGreaterEqual(len(found), 8, found)
        fields = {name for call in found for name in re.findall(r"\{\"(\w+)\",", call)}
        if "left_out" in (ROOT / "monitoring/log.cpp").read_text(encoding="utf-8"):
            fields.add("left_out")
        always = {"ts", "level", "component", "msg"}
        self.assertEqual(set(rows) - always, fields - always)
        self.assertLessEqual(always, set(rows))
        components = {re.search(r"\"(\w+)\"", call)[1] for call in found}
        self.assertEqual(components, set(re.findall(r"`(\w+)`", rows["component"])))


if __name__ == "__main__":
    unittest.main()
