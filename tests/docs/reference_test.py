"""The pages of the reference that are made from the program, its schemas and its sources are the ones that would be made
now; and the tables that are written by hand name what the program names. Would catch a rule, verb, option, field or
setting that was changed and not told."""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs/site"))
import reference  # noqa: E402


class Reference(unittest.TestCase):
    maxDiff = None

    def test_fresh(self):
        """docs: the generated pages are up to date (./dev docs reference)"""
        self.assertEqual(list(reference.stale()), [])

    def test_settings(self):
        """docs: the table of settings has each setting of a node, with its default"""
        with tempfile.NamedTemporaryFile(suffix=".toml") as empty:
            done = subprocess.run([reference.BIN, "config", "check", empty.name], capture_output=True, text=True, check=False, env={})
        self.assertEqual(done.returncode, 0, done.stderr)
        section, known = "", {}
        for line in done.stdout.splitlines():
            if header := re.match(r"\[([\w.]+)\]", line):
                section = header[1]
            elif setting := re.match(r"(\w+) = (.*)", line):
                known[f"{section} {setting[1]}"] = setting[2].strip("'\"")
        page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
        rows = re.findall(r"^\| `\[(\w+)\] (\w+)` \| `?([^|`]*?)`? \|", page, re.MULTILINE)
        told = {f"{section} {key}": "" if value == "none" else value for section, key, value in rows}
        self.assertEqual(told, known)


if __name__ == "__main__":
    unittest.main()
