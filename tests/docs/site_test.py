"""The documentation, as its readers get it: in the repository, and as the site that `./dev docs` builds. Would catch a link
to what is not there, in either; a page that nobody finds, because it is not in the navigation; a page that MkDocs reads
otherwise than the repository's view does; and a site that fetches something from elsewhere."""

import html.parser
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs/site"))
import hook  # noqa: E402


def pages():
    """Every Markdown page of the repository."""
    for folder, folders, names in os.walk(ROOT):
        here = pathlib.Path(folder)
        folders[:] = [f for f in folders if not f.startswith(".") and not (here == ROOT and f == "build")]
        yield from ((here / n).relative_to(ROOT).as_posix() for n in sorted(names) if n.endswith(".md"))


class Html(html.parser.HTMLParser):
    """Ids and links of one page, what it loads, and the text of its paragraphs."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loads, self.paragraphs, self.inside = set(), [], [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if attrs.get("id"):
            self.ids.add(attrs["id"])
        if tag == "a" and attrs.get("href"):
            self.links.append(attrs["href"])
        elif tag in ("script", "img", "iframe", "source") and attrs.get("src"):
            self.loads.append(attrs["src"])
        elif tag == "link" and attrs.get("href") and attrs.get("rel") not in ("prev", "next", "canonical"):
            self.loads.append(attrs["href"])
        elif tag == "p":
            self.inside = True
            self.paragraphs.append("")
        elif tag == "code" and self.inside:
            self.paragraphs[-1] += "`"  # code may look like anything

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "p"

    def handle_data(self, data):
        if self.inside:
            self.paragraphs[-1] += data


class Repository(unittest.TestCase):
    def test_links(self):
        """docs: every link of every page leads to a file, a folder or a heading that is there"""
        self.maxDiff = None
        found = list(pages())
        self.assertGreater(len(found), 50)
        troubles = [t for p in found for t in hook.broken(p, (ROOT / p).read_text(encoding="utf-8"))]
        self.assertEqual(troubles, [])

    def test_checker(self):
        """docs: the check of links knows what is wrong, and what is code"""
        text = "# A `b` c!\n## A b c\n[x](nowhere.md) `[x](no.md)` [`y`](#a-b-c-1) [z](#z) [d](site) [r](../README.md#onecode)\n"
        text += "```\n[x](no.md)\n```\n[e](https://example.org/) [u](../../x)\n"
        targets = [t.split(": ")[1] for t in hook.broken("docs/page.md", text)]
        # The page itself is not there, so its own headings are not asked for.
        self.assertEqual(targets[:1] + targets[-2:], ["nowhere.md", "site", "../../x"])
        self.assertEqual(hook.anchors(text), {"a-b-c", "a-b-c-1"})
        self.assertEqual(hook.slug("What `x-y` (新建密钥) is, and [why](z.md)"), "what-x-y-新建密钥-is-and-why")


class Site(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="onecode-site-")
        cls.site = pathlib.Path(cls.folder.name)
        command = ["mkdocs", "build", "--strict", "--config-file", str(ROOT / "mkdocs.yml"), "--site-dir", str(cls.site)]
        cls.built = subprocess.run(command, capture_output=True, text=True, check=False)
        cls.html = {p.relative_to(cls.site).as_posix(): Html(p.read_text(encoding="utf-8")) for p in cls.site.rglob("*.html")}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_strict(self):
        """docs: the site builds without a warning"""
        self.assertEqual(self.built.returncode, 0, self.built.stderr)
        self.assertGreater(len(self.html), 80)

    def test_navigation(self):
        """docs: every page of docs/ is in the navigation, once"""
        config = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
        listed = [u for u in hook.named(hook.nav_entry(config["nav"])) if not u.startswith(hook.PLACE)]
        written = [hook.uri(p) for p in pages() if hook.inside(p)]
        self.assertEqual(sorted(listed), sorted(written))

    def test_links(self):
        """docs: every link on the site leads to a page and an anchor of it"""
        troubles, checked = [], 0
        for name, page in self.html.items():
            if name == "404.html":
                continue  # its links are absolute
            for link in page.links:
                parts = urllib.parse.urlsplit(link)
                if parts.scheme or parts.netloc:
                    continue
                path = os.path.normpath(os.path.join(os.path.dirname(name), urllib.parse.unquote(parts.path))) if parts.path else name
                path = os.path.join(path, "index.html") if (self.site / path).is_dir() else path
                fragment = urllib.parse.unquote(parts.fragment)
                checked += 1
                if not (self.site / path).exists():
                    troubles.append(f"{name}: {link}: there is no {path}")
                elif fragment and path in self.html and fragment not in self.html[path].ids:
                    troubles.append(f"{name}: {link}: no such anchor")
        self.assertEqual(sorted(set(troubles)), [])
        self.assertGreater(checked, 5000)

    def test_offline(self):
        """docs: the site loads nothing from elsewhere"""
        loads = {load for page in self.html.values() for load in page.loads}
        self.assertTrue(any(load.endswith(".css") for load in loads))
        self.assertEqual([load for load in loads if urllib.parse.urlsplit(load).netloc], [])

    def test_blocks(self):
        """docs: lists, tables and blocks of code are read as such, not as lines of a paragraph"""
        odd = re.compile(r"^(?:[-*] |\d+\. |\||```|#|onecode \w+.* --|\./dev )", re.MULTILINE)
        troubles = [f"{name}: {p[:200]}" for name, page in self.html.items() for p in page.paragraphs if odd.search(p)]
        self.assertEqual(troubles, [])


if __name__ == "__main__":
    unittest.main()
