#!/usr/bin/python3
"""Writes docs/schemas/ocsf/ocsf-1.3.0.json, the part of the published OCSF schema that our findings use: ocsf_excerpt.py CHECKOUT.

CHECKOUT is a folder with https://github.com/ocsf/ocsf-schema at the tag that `schema_version` names, such as what
`git archive 1.3.0` makes of a clone. Taken over are names, types, requirements, enums and constraints; no descriptions.
Our own extension (docs/schemas/ocsf/extension) is laid over it as OCSF lays extensions, and what comes from it says so.
"""

import copy
import json
import pathlib
import sys

OURS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "schemas" / "ocsf"
EXCERPT = OURS / "ocsf-1.3.0.json"
VERSION = "1.3.0"
CLASSES = ("detection_finding", "compliance_finding")
# Objects that our records are made of. Others are only named, as types of attributes that we do not write.
OBJECTS = (
    "object", "metadata", "product", "extension", "finding_info", "analytic", "evidences", "resource_details", "compliance", "remediation",
)
KEPT = ("type", "is_array", "requirement", "sibling", "profile", "extension", "@deprecated")


def read(path):
    return json.loads(path.read_text("utf-8"))


def merged(below, above):
    """The attribute, enum or set of attributes `below`, with what `above` says instead or besides."""
    out = copy.deepcopy(below)
    for key, value in above.items():
        out[key] = merged(out[key], value) if isinstance(value, dict) and isinstance(out.get(key), dict) else copy.deepcopy(value)
    return out


class Schema:
    def __init__(self, checkout):
        self.root = checkout
        self.dictionary = read(checkout / "dictionary.json")
        self.categories = read(checkout / "categories.json")["attributes"]
        self.events = {file["name"]: file for file in map(read, sorted((checkout / "events").rglob("*.json"))) if "name" in file}
        self.objects = {file["name"]: file for file in map(read, sorted((checkout / "objects").glob("*.json")))}
        self.extension = read(OURS / "extension" / "extension.json")
        self.dictionary["attributes"].update(read(OURS / "extension" / "dictionary.json")["attributes"])
        self.patches = {
            kind: {file["extends"]: file for file in map(read, sorted((OURS / "extension" / kind).rglob("*.json")))}
            for kind in ("events", "objects")
        }

    def included(self, attributes):
        """The attributes with the files in `$include` put in; those of a profile are marked with its name."""
        out = {}
        for path in attributes.get("$include", []):
            file = read(self.root / path)
            for name, attribute in file["attributes"].items():
                mark = {"profile": file["name"]} if file.get("meta") == "profile" else {}
                out[name] = merged(out.get(name, {}), {**attribute, **mark})
        for name, attribute in attributes.items():
            if name != "$include":
                out[name] = merged(out.get(name, {}), attribute)
        return out

    def own(self, kind, name):
        """(attributes, constraints) of a class or object, its parents' below its own, and our extension on top."""
        file = getattr(self, kind)[name]
        attributes, constraints = self.own(kind, file["extends"]) if "extends" in file else ({}, {})
        attributes = merged(attributes, self.included(file.get("attributes", {})))
        constraints = file.get("constraints", constraints)
        patch = self.patches[kind].get(name)
        if patch:
            for added, attribute in patch["attributes"].items():
                if added in attributes:
                    raise ValueError(f"our extension changes {name}.{added}, which OCSF has")
                attributes[added] = {**attribute, "extension": self.extension["name"]}
            constraints = patch.get("constraints", constraints)
        return attributes, constraints

    def described(self, kind, name):
        attributes, constraints = self.own(kind, name)
        out = {}
        for attribute, says in sorted(attributes.items()):
            whole = merged(self.dictionary["attributes"][attribute], says)
            out[attribute] = {key.strip("@"): whole[key] for key in KEPT if key in whole}
            out[attribute].setdefault("requirement", "optional")
            if "@deprecated" in whole:
                out[attribute]["deprecated"] = whole["@deprecated"]["since"]
            if "enum" in whole:
                out[attribute]["enum"] = {value: entry["caption"] for value, entry in sorted(whole["enum"].items(), key=lambda e: int(e[0]))}
        return {"attributes": out, **({"constraints": constraints} if constraints else {})}

    def class_of(self, name):
        """A class with the enums of its uid, category and types, as the schema server makes them."""
        file, out = self.events[name], self.described("events", name)
        category = self.categories[file["category"]]
        uid, caption, attributes = category["uid"] * 1000 + file["uid"], file["caption"], out["attributes"]
        attributes["category_uid"]["enum"] = {str(category["uid"]): category["caption"]}
        attributes["class_uid"]["enum"] = {str(uid): caption}
        attributes["type_uid"]["enum"] = {
            str(uid * 100 + int(activity)): f"{caption}: {of}" for activity, of in attributes["activity_id"]["enum"].items()
        }
        return {"uid": uid, "caption": caption, **out}


def excerpt(checkout):
    version = read(checkout / "version.json")["version"]
    if version != VERSION:
        raise ValueError(f"{checkout} holds version {version}, not {VERSION}")
    schema = Schema(checkout)
    out = {
        "source": f"https://github.com/ocsf/ocsf-schema at tag {version}, by tests/schemas/ocsf_excerpt.py",
        "schema_version": version,
        "licence": "Apache-2.0",
        "notice": "Open Cybersecurity Schema Framework; it includes the ICD Schema developed by Symantec, a division of Broadcom",
        "extension": {key: schema.extension[key] for key in ("name", "uid", "version")},
        "classes": {name: schema.class_of(name) for name in CLASSES},
        "objects": {name: schema.described("objects", name) for name in OBJECTS},
    }
    used = {a["type"] for of in (*out["classes"].values(), *out["objects"].values()) for a in of["attributes"].values()}
    types = schema.dictionary["types"]["attributes"]
    used |= {types[name]["type"] for name in used if "type" in types.get(name, {})}
    limits = ("type", "max_len", "regex", "range", "values")
    out["types"] = {name: {key: types[name][key] for key in limits if key in types[name]} for name in sorted(used & set(types))}
    return out


def text(value, indent=""):
    """JSON with what fits on a line of 140 characters on one."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict) or len(indent) + len(flat) <= 140:
        return flat
    inner = indent + "  "
    return "{\n" + ",\n".join(f"{inner}{json.dumps(key)}: {text(of, inner)}" for key, of in value.items()) + f"\n{indent}}}"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    EXCERPT.write_text(text(excerpt(pathlib.Path(sys.argv[1]))) + "\n", "utf-8")
