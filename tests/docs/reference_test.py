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
        page = re.search(r"^## Configuration$.*?(?=^## )", page, re.MULTILINE | re.DOTALL)[0]
        rows = re.findall(r"^\| `\[(\w+)\] (\w+)` \| `?([^|`]*?)`? \|", page, re.MULTILINE)
        told = {f"{section} {key}": "" if value == "none" else value for section, key, value in rows}
        self.assertEqual(told, known)

    def test_licences(self):
        """docs: each library that is built with has its licence on the page, as Debian states it"""
        page = (ROOT / "docs/licences.md").read_text(encoding="utf-8")
        told = dict(re.findall(r"^\| `([a-z0-9-]+)` \| [^|]* \| (.*) \|$", page, re.MULTILINE))
        script = (ROOT / "dev").read_text(encoding="utf-8")
        built = re.search(r"^build_packages=\(\n(.*?)^\)", script, re.MULTILINE | re.DOTALL)[1].split()
        tools = {"g++", "cmake", "ninja-build", "ccache", "pkgconf", "git", "ca-certificates"}
        self.assertEqual(set(built) - tools - set(told), set())

        def plain(licence):  # one licence has several names, and Debian's releases use different ones
            licence = re.sub(r"^(?:MIT|Expat)\b.*", "MIT", licence.split(",")[0])
            return re.sub(r"-clause$|-license$", "", re.sub(r"^bsl-|^boost-", "boost-", licence.lower()))

        checked = 0
        for package, licence in told.items():
            path = pathlib.Path("/usr/share/doc") / package / "copyright"
            if not path.exists():
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            main = re.search(r"^Files: *\*[ \n](?:.+\n)*?License: *(.*)$", text, re.MULTILINE)
            self.assertIsNotNone(main, package)
            stated = [plain(choice) for choice in re.split(r" or ", main[1], flags=re.IGNORECASE)]
            self.assertIn(plain(licence), stated, f"{package}: Debian says {main[1]}")
            checked += 1
        self.assertGreaterEqual(checked, len(set(built) - tools))


if __name__ == "__main__":
    unittest.main()
