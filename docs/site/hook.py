"""What MkDocs lacks for this repository, and what tests/docs knows of Markdown. Works with MkDocs 1.4 and later.

The pages are written to be read in the repository: they link to sources, folders and READMEs outside docs/. On the site
these links lead to pages as well: a README as it is, a source as a listing, a folder as a list of its files. Headings get
the anchors that they have in the repository view, so that one link is right in both."""

import logging
import os
import pathlib
import posixpath
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLACE = "repository/"  # where the site has what lies outside docs/
log = logging.getLogger("mkdocs.hooks.onecode")  # below "mkdocs": --strict counts its warnings

# Code comes first in the alternation: a link in code is no link. Link texts may hold code.
TOKEN = re.compile(
    r"^(?P<indent>[ ]*)(?P<fence>```+|~~~+)[^\n]*\n.*?^[ ]*(?P=fence)[ ]*$"
    r"|(?P<ticks>`+)(?!`)(?:(?!\n[ ]*\n).)+?(?<!`)(?P=ticks)(?!`)"
    r"|\]\((?P<target>[^()\s]+)(?P<title> \"[^\"]*\")?\)",
    re.MULTILINE | re.DOTALL,
)
IMAGES = (".png", ".svg")


# ---- Markdown ---------------------------------------------------------------------------------------------------


def links(text):
    """The targets of a page's links, in order."""
    return [m["target"] for m in TOKEN.finditer(text) if m["target"]]


def is_relative(target):
    return not re.match(r"[a-z][a-z0-9+.-]*:|/|#", target)


def slug(heading, separator="-"):
    """The anchor of a heading, as hosts of repositories make it."""
    heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", separator)


def anchors(text):
    text = TOKEN.sub(lambda m: "" if m["fence"] else m[0], text)
    found = set()
    for heading in re.findall(r"^#+ +(.*?) *#*$", text, re.MULTILINE):
        name, n = slug(heading), 0
        while name in found:
            n += 1
            name = f"{slug(heading)}-{n}"
        found.add(name)
    return found | set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", text))


def resolve(page, target):
    """The path that a link on a page means, and its fragment. Paths are the repository's."""
    path, _, fragment = target.partition("#")
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), path)), fragment


def broken(page, text):
    """What is wrong with the links of a page."""
    for target in links(text):
        if not is_relative(target) and not target.startswith("#"):
            continue
        path, fragment = (page, target[1:]) if target.startswith("#") else resolve(page, target)
        if path.startswith("..") or not (ROOT / path).exists():
            yield f"{page}: {target}: there is no {path}"
        elif (ROOT / path).is_dir() != target.partition("#")[0].endswith("/"):
            yield f"{page}: {target}: a link to a folder ends with a slash, one to a file does not"
        elif fragment and fragment not in anchors((ROOT / path).read_text(encoding="utf-8")):
            yield f"{page}: {target}: {path} has no heading of that name"


# ---- paths of the repository and of the site --------------------------------------------------------------------


def inside(path):
    return path.startswith("docs/")


def uri(path):
    """Where the site has a file or folder of the repository, as MkDocs names its sources."""
    if (ROOT / path).is_dir():
        path = f"{path}/README.md"
    elif not inside(path) and not path.endswith((".md", *IMAGES)):
        path += ".md"  # shown as a listing
    return path[len("docs/") :] if inside(path) else PLACE + path


def files_below(path):
    for folder, folders, names in os.walk(ROOT / path):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "__")) and f != "build")
        for name in sorted(names):
            yield (pathlib.Path(folder) / name).relative_to(ROOT).as_posix()


def listing(path):
    """A page for what is no Markdown: a folder's files, or a file's text."""
    if (ROOT / path).is_dir():
        lines = [f"# {path}/", ""]
        lines += [f"- [{f[len(path) + 1 :]}]({f[len(path) + 1 :]})" for f in files_below(path)]
        return "\n".join(lines) + "\n"
    text = (ROOT / path).read_text(encoding="utf-8")
    kind = {".hpp": "cpp", ".cpp": "cpp", ".py": "python", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml"}
    kind = kind.get(pathlib.Path(path).suffix, "bash" if text.startswith("#!/usr/bin/env bash") else "text")
    return f"# {path}\n\n~~~~~{kind}\n{text}~~~~~\n"


# ---- events of MkDocs -------------------------------------------------------------------------------------------

shown = {}  # source on the site -> path in the repository


def nav_entry(entry):
    """A nav as it is written into one as MkDocs has it."""
    if isinstance(entry, dict):
        return {title: nav_entry(value) for title, value in entry.items()}
    if isinstance(entry, list):
        return [nav_entry(value) for value in entry]
    if entry.endswith("/"):
        names = sorted(p.name for p in (ROOT / "docs" / entry).glob("*.md"))
        return [entry + n for n in sorted(names, key=lambda n: n != "README.md")]
    return uri(posixpath.normpath(f"docs/{entry}"))


def named(nav):
    """The sources that a nav names."""
    if isinstance(nav, str):
        yield nav
    else:
        for entry in nav.values() if isinstance(nav, dict) else nav:
            yield from named(entry)


def on_config(config):
    config["nav"] = nav_entry(config["nav"])
    config["mdx_configs"].setdefault("toc", {})["slugify"] = slug
    return config


def on_files(files, config):
    from mkdocs.structure.files import File  # tests use this module without MkDocs

    for file in list(files):
        if file.src_uri.startswith("site/") or file.src_uri.endswith((".py", ".pyc")):
            files.remove(file)
    shown.clear()
    shown.update({f.src_uri: f"docs/{f.src_uri}" for f in files})

    wanted = [f"docs/{u}" for u in shown if u.endswith(".md")]
    wanted += [u[len(PLACE) :] for u in named(config["nav"]) if u.startswith(PLACE)]
    seen = set()
    while wanted:
        path = wanted.pop()
        if path in seen or not (ROOT / path).exists():
            continue  # broken links are told page by page
        seen.add(path)
        if uri(path) not in shown:
            shown[uri(path)] = path
            file = File(uri(path), config["docs_dir"], config["site_dir"], config["use_directory_urls"])
            file.abs_src_path = str(ROOT / path)
            files.append(file)
        if (ROOT / path).is_dir():
            wanted += files_below(path)
        elif path.endswith(".md"):
            text = (ROOT / path).read_text(encoding="utf-8")
            wanted += [resolve(path, t)[0] for t in links(text) if is_relative(t)]
    return files


def on_page_read_source(page, config):
    path = shown[page.file.src_uri]
    return None if path.endswith(".md") else listing(path)


def on_page_markdown(markdown, page, config, files):
    path = shown[page.file.src_uri]
    folder = f"{path}/" if (ROOT / path).is_dir() else path
    if path.endswith(".md"):
        for trouble in broken(path, markdown):
            log.warning(trouble)

    def moved(match):
        target = match["target"]
        if not target or not is_relative(target):
            return match[0]
        to, fragment = resolve(folder, target)
        to = posixpath.relpath(uri(to), posixpath.dirname(page.file.src_uri) or ".")
        return f"]({to}{'#' + fragment if fragment else ''}{match['title'] or ''})"

    return TOKEN.sub(moved, markdown)
