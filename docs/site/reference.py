#!/usr/bin/python3
"""Makes the pages of docs/ that tables of the program and the sources decide: reference.py [--check].

What they say comes from `onecode --help`, `onecode policy show`, docs/schemas/, the heads of domain/rules/*.hpp and
docs/decisions/. `./dev docs reference` writes them; tests/docs tells when that was forgotten. ONECODE_BIN is the program
(default build/release/onecode)."""

import concurrent.futures
import difflib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
BIN = os.environ.get("ONECODE_BIN", str(ROOT / "build/release/onecode"))
MADE = "<!-- Made by docs/site/reference.py: ./dev docs reference -->\n"


def onecode(*words):
    done = subprocess.run([BIN, *words], capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})
    if done.returncode:
        sys.exit(f"onecode {' '.join(words)}: exit {done.returncode}\n{done.stderr}")
    return one_form(done.stdout.rstrip() + "\n")


def one_form(help_text):
    """A default stands as `=3` behind an option in one release of the library that prints the help, as `[3]` in the next."""
    return re.sub(r"^(  -.*?) \[([^\]\s]+)\](?= *$| {2})", r"\1=\2", help_text, flags=re.MULTILINE)


def table(head, rows):
    cells = [[str(c).replace("|", "\\|").replace("\n", " ") for c in row] for row in rows]
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(r) + " |" for r in cells)]) + "\n"


def block(text):
    return f"```text\n{text.strip(chr(10))}\n```\n"


def capital(text):
    return text[:1].upper() + text[1:]


# ---- the command line --------------------------------------------------------------------------------------------


def listed(help_text):
    """Name and purpose of each verb of a help page, by its group's title."""
    groups = {}
    for title, rows in re.findall(r"^([A-Z][\w ]+):\n((?:  [a-z]\S* {2,}\S.*\n)+)", help_text, re.MULTILINE):
        groups[title] = re.findall(r"^  (\S+) +(.*)$", rows, re.MULTILINE)
    return groups


def command_line():
    top = onecode("--help")
    groups = listed(top)
    verbs = [(verb, purpose) for rows in groups.values() for verb, purpose in rows]
    out = ["# Command line\n", MADE]
    out.append("Every verb, as `onecode VERB --help` explains it. The commands of people, such as `account.freeze`, have [a page of")
    out.append("their own](commands.md).\n")
    for title, rows in groups.items():
        out.append(f"**{title}**\n")
        out.append(table(("verb", "what"), [(f"[`{v}`](#onecode-{v})", p) for v, p in rows]))
    out.append("## Exit codes\n")
    codes = re.search(r"^Exit codes: (.*?)\.$", top, re.MULTILINE | re.DOTALL)[1].replace("\n", " ")
    out.append(table(("code", "meaning"), [c.split(" ", 1) for c in codes.split(", ")]))
    out.append("Where a supervisor decides by them: [operations](../operations.md#exit-codes).\n")
    out.append("## Colours, terminals and machines\n")
    out.append("Results go to stdout, everything else to stderr. Colours are used on a terminal only, and not where `NO_COLOR` is set.")
    out.append("Many verbs have `--json`, for programs. Ctrl-C ends each of them cleanly.\n")
    for verb, _ in verbs:
        text = onecode(verb, "--help")
        out.append(f"## onecode {verb}\n")
        if verb == "command":  # its list of commands is the other page
            text = text[: text.index("\nFor an account")]
        out.append(block(text))
        for _, rows in listed(text).items():
            for below, _ in rows:
                out.append(f"### onecode {verb} {below}\n")
                out.append(block(onecode(verb, below, "--help")))
    return "\n".join(out)


def commands():
    groups = re.findall(r"^For (.*):\n((?:  \S+ .*\n)+)", onecode("command", "--help"), re.MULTILINE)
    out = ["# Commands of people\n", MADE]
    out.append("What people and campus systems order, with `onecode command NAME`. The texts are those of `onecode command NAME --help`.")
    out.append("By role, with the order of the steps: [procedures](../procedures/README.md). As records:")
    out.append("[command.json](../schemas/v1/command.json).\n")
    names = [n for _, rows in groups for n in re.findall(r"^  (\S+)", rows, re.MULTILINE)]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        texts = dict(zip(names, pool.map(lambda n: onecode("command", n, "--help"), names)))
    for title, rows in groups:
        out.append(f"## For {title}\n")
        entries = re.findall(r"^  (\S+) +(\S+) +(.*)$", rows, re.MULTILINE)
        out.append(table(("command", "who", "what"), [(f"[`{n}`](#{n.replace('.', '')})", r.replace(",", ", "), p) for n, r, p in entries]))
        for name, _, _ in entries:
            head, _, rest = texts[name].partition("\n")
            chinese = head[len(name) :].strip()
            purpose, _, rest = rest.partition("\n")
            words, _, facts = rest.partition("\nTarget:")
            out.append(f"### {name}\n\n{chinese}: {purpose}. {words.strip()}\n".replace("\n\n: ", "\n\n"))
            out.append(block(f"Target:{facts}"))
    return "\n".join(out)


# ---- topics and records ------------------------------------------------------------------------------------------

schemas = {p.name: json.loads(p.read_text(encoding="utf-8")) for p in sorted((DOCS / "schemas/v1").glob("*.json"))}


NAMED = {n: s for n, s in schemas["types.json"]["$defs"].items() if s.get("type") != "object"}  # told once, by name


def followed(schema, file):
    """A schema behind its references, with the descriptions on the way, and the file that it stands in."""
    said = schema.get("description")
    while "$ref" in schema:
        name, _, path = schema["$ref"].partition("#/$defs/")
        file = name or file
        schema = schemas[file]["$defs"][path]
        if file == "types.json" and path in NAMED:
            return {"named": path}, file, said
        said = said or schema.get("description")
    return schema, file, said


def alternatives(schema, file):
    """What a value may be, null aside: null means left out."""
    schema, file, said = followed(schema, file)
    if "anyOf" in schema:
        found = [a for each in schema["anyOf"] for a in alternatives(each, file)]
        return [(s, f, said or t) for s, f, t in found if s != {"type": "null"}]
    return [(schema, file, said)]


def kind(schema, file):
    if "named" in schema:
        return f"[{schema['named']}](topics.md#kinds-of-values)"
    if "const" in schema:
        return f"`{json.dumps(schema['const'], ensure_ascii=False)}`"
    if "enum" in schema:
        return " ".join(f"`{v}`" for v in schema["enum"] if v is not None)
    types = schema.get("type", "any")
    types = [t for t in ([types] if isinstance(types, str) else types) if t != "null"]
    if types == ["array"]:
        inner = sorted({kind(s, f) for s, f, _ in alternatives(schema.get("items", {}), file)})
        return "array of " + " or ".join(inner)
    if schema.get("format") == "date-time":
        return "time"
    return " or ".join(types)


def limits(schema):
    if "enum" in schema:
        return kind(schema, "types.json")
    if "minimum" in schema or "maximum" in schema:
        return f"{schema['type']}, {schema.get('minimum', '…')} to {schema.get('maximum', '…')}"
    return f"`{schema['pattern']}`" if "pattern" in schema else schema.get("type", "")


def fields(schema, file, before=""):
    required = schema.get("required", [])
    for name, member in schema.get("properties", {}).items():
        choices = alternatives(member, file)
        kinds = list(dict.fromkeys(kind(s, f) for s, f, _ in choices))
        said = next((t for _, _, t in choices if t), "")
        yield f"`{before}{name}`", "yes" if name in required else "", " or ".join(kinds), said
        for inner, inner_file, _ in choices:
            if "items" in inner and isinstance(inner["items"], dict):
                for item, item_file, _ in alternatives(inner["items"], inner_file):
                    yield from fields(item, item_file, f"{before}{name}[].")
            else:
                yield from fields(inner, inner_file, f"{before}{name}.")


def topics():
    api = json.loads((DOCS / "schemas/asyncapi.json").read_text(encoding="utf-8"))
    received = {o["channel"]["$ref"].rpartition("/")[2] for o in api["operations"].values() if o["action"] == "receive"}
    out = ["# Topics and records\n", MADE]
    out.append("Made from [asyncapi.json](../schemas/asyncapi.json) and the [schemas](../schemas/README.md), which say more: limits, forms, and")
    out.append("what depends on what. Names stand without the prefix, `onecode.` by default.\n")
    out.append("## Topics\n")
    rows, order = [], []
    for name, channel in api["channels"].items():
        message = next(iter(channel["messages"]))
        details = api["components"]["messages"][message]
        order.append((name, message))
        kafka = channel["bindings"]["kafka"]
        rows.append((
            f"`{name}`",
            details["summary"],
            details["bindings"]["kafka"]["key"]["description"],
            kafka.get("partitions", ""),
            ", ".join(kafka["topicConfiguration"]["cleanup.policy"]),
            "others" if name in received else "the engine",
            f"[{message}](#{message})",
        ))
    out.append(table(("topic", "what", "key", "partitions", "kept by", "written by", "record"), rows))
    out.append("The number of partitions is a choice; it is the same for all topics of the same kind. `onecode topics create` creates the topics,")
    out.append("`onecode topics check` says what differs. `inbox`, `journal` and `history` are the engine's own")
    out.append("([architecture](../architecture.md)); `evidence` and `checkpoints` are the transparency logs ([evidence](../evidence.md)).\n")
    out.append("## Envelope\n")
    out.append("Every record is a CloudEvent 1.0 with `specversion`, `id`, `source`, `type` and `time` (when it happened, at the source). In")
    out.append("structured mode the value is the whole event and `data` one of the records below; in binary mode the attributes are `ce_` headers")
    out.append("and the value is `data` alone.\n")
    out.append("## Kinds of values\n")
    out.append(table(("kind", "meaning"), [(n, s.get("description") or limits(s)) for n, s in NAMED.items()]))
    seen = set()
    for name, message in order:
        if message in seen:
            continue
        seen.add(message)
        file = f"{message}.json"
        schema = schemas[file]
        out.append(f"## {message}\n")
        out.append(f"`{schema['title']}`. {schema.get('description', '')} [{file}](../schemas/v1/{file})\n")
        if message == "policy":
            out.append("Its members and their defaults: [policy](policy.md).\n")
            continue
        body = schema["$defs"]["data"] if "$defs" in schema and "data" in schema["$defs"] else schema
        out.append(table(("field", "required", "type", "meaning"), fields(body, file)))
        if message == "command":
            out.append("`args` by command: [commands of people](commands.md).\n")
    return "\n".join(out)


# ---- policy and rules --------------------------------------------------------------------------------------------


def policy():
    built_in = json.loads(onecode("policy", "show", "builtin"))
    data = schemas["policy.json"]["$defs"]["data"]
    out = ["# Policy\n", MADE]
    out.append(f"{data['description']}\n\nHow to write, try and publish one: [guide](../how-to/policy.md). The rules have [a page of their own](rules.md).\n")

    def shown(value):
        text = json.dumps(value, ensure_ascii=False)
        return f"`{text}`" if len(text) < 60 else ""

    rows = []
    for name, required, types, said in fields(data, "policy.json"):
        path = name.strip("`")
        if path.startswith("rules.") or path.startswith("trust.roles."):
            continue
        value, known = built_in, True
        for step in path.split("."):
            known = known and isinstance(value, dict) and step in value
            value = value[step] if known else None
        leaf = known and (not isinstance(value, dict) or not value)
        rows.append((name, shown(value) if leaf else "", types, said + (" Required." if required else "")))
    out.append("## Members\n")
    out.append("The default is that of the built-in policy (`onecode policy show builtin`).\n")
    out.append(table(("member", "default", "type", "meaning"), rows))
    out.append("## Keys\n")
    out.append("Each role of `trust.roles` has a list of keys:\n")
    out.append(table(("member", "required", "type", "meaning"), fields(schemas["policy.json"]["$defs"]["trusted-key"], "policy.json")))
    roles = data["properties"]["trust"]["properties"]["roles"]["properties"]
    out.append("Roles: " + ", ".join(f"`{r}`" for r in roles) + ".\n")
    rest = {k: built_in[k] for k in ("categories", "departments")}
    out.append("## Places, categories, departments\n")
    out.append("Zones: `{\"z-12\": {\"lat\": 29.36, \"lon\": 113.12, \"building\": \"library\", \"campus\": \"north\"}}`. Issuers: `{\"k-1\": {\"alg\":")
    out.append("\"hmac-sha256\", \"secret\": \"NAME\"}}`; the name is that of a secret of the node, never the secret. Built-in categories and departments:\n")
    out.append("```json\n" + json.dumps(rest, ensure_ascii=False, indent=2) + "\n```\n")
    return "\n".join(out)


CATALOGUE = re.compile(
    r"\{RuleId::(\w+),\s*\"([^\"]+)\",\s*\"([^\"]+)\",\s*\"([^\"]+)\",\s*Family::(\w+)", re.DOTALL
)


def head_of(path):
    """The comment at the head of a rule's file: (requirements and the like, opening, [(label, text)])."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("//"):
            break
        lines.append(line[2:])
    opening, items = [], []
    for line in lines:
        label = re.match(r"   ([A-Z][a-z]+(?: [a-z]+)?) {2,}(\S.*)$", line)
        if label:
            items.append([label[1], label[2]])
        elif items:
            items[-1][1] += " " + line.strip()
        else:
            opening.append(line.strip())
    return " ".join(opening), items


def tidy(text):
    """Without what only the sources' readers need."""
    text = re.sub(r" \((?:CONTRACT|DETECTION|REGULATION) §[\d.]+\)|: DETECTION §[\d.]+|, with A1 and A2", "", text)
    return re.sub(r"([<>*_])", r"\\\1", text) if "`" not in text else re.sub(r"(?<!`)([<>])(?![^`]*`(?:[^`]*`[^`]*`)*[^`]*$)", r"\\\1", text)


def rules():
    built_in = json.loads(onecode("policy", "show", "builtin"))["rules"]
    source = (ROOT / "domain/rules/catalogue.cpp").read_text(encoding="utf-8")
    catalogue = [(i.replace("_", "."), *rest) for i, *rest in CATALOGUE.findall(source)]
    if sorted(i for i, *_ in catalogue) != sorted(built_in):
        sys.exit("domain/rules/catalogue.cpp and `onecode policy show` name different rules; is the program up to date?")
    heads = {}
    for path in (ROOT / "domain/rules").glob("[adr][0-9]*.hpp"):
        letter, numbers = re.match(r"([adr])(\d+(?:_\d)?)_", path.name).groups()
        rule = letter.upper() + ".".join(str(int(n)) for n in numbers.split("_"))
        heads[rule] = path
    unknown = set(heads) - set(built_in)
    if unknown:
        sys.exit(f"files of rules that the catalogue lacks: {unknown}")
    requirements = {}
    for path in sorted((ROOT / "domain").rglob("*.hpp")):
        for rule, listed_ids in re.findall(r"^// ([ADR][\d.]+) [^()\n]*\((R[\d.]+[abc]?(?:, R[\d.]+[abc]?)*)", path.read_text(encoding="utf-8"), re.MULTILINE):
            requirements.setdefault(rule, listed_ids)
    out = ["# Rules\n", MADE]
    out.append("Every rule that the engine runs, with what the built-in policy says of it. A policy may change the mode, the weight, the half-life and each")
    out.append("parameter ([guide](../how-to/policy.md)). Weights are thousandths; evidence loses half of its weight in the half-life, counts within its family")
    out.append("by its strongest, and families add up ([life of a freeze](../architecture.md#the-life-of-a-freeze)). How well the rules do is")
    out.append("[measured](../detection.md). Articles and requirements are those of [the regulation](../regulation.md).\n")
    rows = []
    for rule, title, chinese, article, family in catalogue:
        own = built_in[rule]
        requirement = requirements.get(rule) or (rule if rule[0] == "R" else "")
        rows.append((f"[{rule}](#{re.sub(r'[^a-z0-9]+', '', rule.lower())}-{title.replace(' ', '-').replace(',', '')})", title, chinese, article, requirement, family,
                     own["weight"], own["half_life_h"], own["mode"]))
    out.append(table(("rule", "sees", "中文", "article", "requirement", "family", "weight", "half-life, h", "mode"), rows))
    for rule, title, chinese, article, family in catalogue:
        out.append(f"## {rule} {title}\n")
        opening, items = head_of(heads[rule]) if rule in heads else (None, [])
        if opening:
            opening = re.sub(r"^[^(]*\((?:[^()]|\([^)]*\))*\)(?: and [^.]*)?\. ", "", opening)
            out.append(capital(tidy(opening)) + "\n")
            out += [f"- **{label}:** {tidy(text)}" for label, text in items] + ([""] if items else [])
            out.append(f"Source: [{heads[rule].name}](../../domain/rules/{heads[rule].name})\n")
        else:
            out.append(OTHERS[rule] + "\n")
        params = built_in[rule].get("params", {})
        if params:
            out.append(table(("parameter", "default"), [(f"`{k}`", v) for k, v in params.items()]))
    return "\n".join(out)


# Rules without a file of their own in domain/rules/.
OTHERS = {
    "R2.3": "A project of the register must integrate (it identifies people, takes fees or gives permissions) and names no integration.",
    "R5.2": "A balance as the payment system saw it differs from the sum of its postings, or too many of a day's postings were refused: more than `rejected`, and more than `rejected_permille` of them.",
    "R6.4": "Scans or reads of an integration that is not live.",
    "R7.1": "A document that an integration filed is past its review date.",
}


# ---- decisions ---------------------------------------------------------------------------------------------------


def decisions():
    rows = []
    for path in sorted((DOCS / "decisions").glob("[0-9]*.md")):
        text = path.read_text(encoding="utf-8")
        number, title = re.match(r"# (\d+) (.*)", text).groups()
        rows.append((f"[{number}]({path.name})", title, re.search(r"^Status: (.*)$", text, re.MULTILINE)[1]))
    out = ["# Decisions\n", MADE]
    out.append("Why it is built this way: one page each, with the roads not taken, and what would change our mind. A decision that no longer holds stays, and")
    out.append("points to the one that replaced it.\n")
    out.append(table(("no.", "decision", "status"), rows))
    return "\n".join(out)


PAGES = {
    "reference/command-line.md": command_line,
    "reference/commands.md": commands,
    "reference/topics.md": topics,
    "reference/policy.md": policy,
    "reference/rules.md": rules,
    "decisions/README.md": decisions,
}


def flat(text):
    """For comparing: releases of the library that prints the help differ in blanks and capitals."""
    return [line for line in (re.sub(r"\s+", "", line).lower() for line in text.splitlines()) if line]


def stale():
    """What the committed pages would have to change, as lines of a diff."""
    for name, make in PAGES.items():
        path = DOCS / name
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        new = make()
        if "".join(flat(old)) != "".join(flat(new)):
            yield from difflib.unified_diff(flat(old), flat(new), f"docs/{name}", "as it should be", lineterm="", n=0)


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        changes = list(stale())
        print("\n".join(changes[:60]))
        sys.exit(f"{len(changes)} lines differ: ./dev docs reference" if changes else 0)
    for page, make_page in PAGES.items():
        (DOCS / page).write_text(make_page().rstrip("\n") + "\n", encoding="utf-8")
