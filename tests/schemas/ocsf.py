"""Judges a finding by the excerpt of the published OCSF schema (docs/schemas/ocsf), as OCSF's own validation server would.

Stricter than that server in three things: no attribute that the schema does not know may stand outside `unmapped`, none
that is deprecated, and times must be milliseconds of a year between 2015 and 2100.
"""

import json
import re

import published

EXCERPT = json.loads((published.SCHEMAS / "ocsf" / "ocsf-1.3.0.json").read_text("utf-8"))
CLASSES = {of["uid"]: of for of in EXCERPT["classes"].values()}
EARLIEST, LATEST = 1_420_070_400_000, 4_102_444_800_000
OTHER = 99  # its text is the source's own


def faults(record):
    """What is wrong with one record, as `path: what` lines; none for a record that conforms."""
    if not isinstance(record, dict):
        return ["$: must be an object"]
    if record.get("class_uid") not in CLASSES:
        return [f"$.class_uid: {record.get('class_uid')!r} is no class that we emit"]
    return list(Judge(record).object(record, CLASSES[record["class_uid"]], "$"))


class Judge:
    def __init__(self, record):
        metadata = record.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        self.profiles = metadata.get("profiles") or []
        # An extension counts where a record declares it by name, uid and version.
        declared = metadata.get("extensions")
        self.extensions = [e for e in declared if isinstance(e, dict)] if isinstance(declared, list) else []

    def object(self, value, described, path):
        attributes = described["attributes"]
        for name, attribute in attributes.items():
            if attribute["requirement"] == "required" and name not in value and attribute.get("profile") in (None, *self.profiles):
                yield f"{path}: {name} is required"
        for rule, names in described.get("constraints", {}).items():
            present = sum(name in value for name in names)
            if rule == "at_least_one" and present == 0 or rule == "just_one" and present != 1:
                yield f"{path}: {rule} of {', '.join(names)}"
        for name, member in value.items():
            at = f"{path}.{name}"
            attribute = attributes.get(name)
            if attribute is None:
                yield f"{at}: OCSF {EXCERPT['schema_version']} has no such attribute"
                continue
            if attribute.get("profile") not in (None, *self.profiles):
                yield f"{at}: belongs to the profile {attribute['profile']}, which metadata.profiles does not name"
            if "extension" in attribute and not any(self.is_ours(e) for e in self.extensions):
                yield f"{at}: belongs to the extension {attribute['extension']}, which metadata.extensions does not name"
            if "deprecated" in attribute:
                yield f"{at}: is deprecated since {attribute['deprecated']}"
            yield from self.attribute(member, attribute, at)
            yield from self.sibling(value, name, attribute, at)
        # The excerpt derives the types of a class by its uid: this is the same rule said once more, without it.
        if "type_uid" in value and value["type_uid"] != value.get("class_uid", 0) * 100 + value.get("activity_id", 0):
            yield f"{path}.type_uid: {value['type_uid']} is not class_uid * 100 + activity_id"
        if "class_uid" in value and value["class_uid"] // 1000 != value.get("category_uid"):
            yield f"{path}.category_uid: {value.get('category_uid')} is not the category of class {value['class_uid']}"

    @staticmethod
    def is_ours(extension):
        known = EXCERPT["extension"]
        return extension.get("name") == known["name"] and str(extension.get("uid")) == str(known["uid"]) and extension.get("version") == known["version"]

    def attribute(self, value, attribute, path):
        if not attribute.get("is_array"):
            yield from self.one(value, attribute, path)
        elif isinstance(value, list):
            for place, item in enumerate(value):
                yield from self.one(item, attribute, f"{path}[{place}]")
        else:
            yield f"{path}: must be an array"

    def one(self, value, attribute, path):
        kind = attribute["type"]
        if kind in EXCERPT["types"]:
            yield from self.scalar(value, kind, path)
        elif kind not in EXCERPT["objects"]:
            yield f"{path}: the excerpt lacks the object {kind}: add it to tests/schemas/ocsf_excerpt.py"
        elif not isinstance(value, dict):
            yield f"{path}: must be an object"
        elif EXCERPT["objects"][kind]["attributes"]:  # `object` itself is anybody's
            yield from self.object(value, EXCERPT["objects"][kind], path)
        if "enum" in attribute and str(value) not in attribute["enum"]:
            yield f"{path}: {value!r} is none of {', '.join(attribute['enum'])}"

    def scalar(self, value, kind, path):
        described = EXCERPT["types"][kind]
        base = described.get("type", kind)
        if base == "json_t":
            return
        if base in ("integer_t", "long_t"):
            if not isinstance(value, int) or isinstance(value, bool):
                yield f"{path}: must be an integer"
            elif not -(2**63) <= value < 2**63:
                yield f"{path}: must be a {kind}"
            elif kind == "timestamp_t" and not EARLIEST <= value < LATEST:
                yield f"{path}: {value} is no time in milliseconds"
            elif "range" in described and not described["range"][0] <= value <= described["range"][1]:
                yield f"{path}: must be within {described['range']}"
        elif base == "boolean_t":
            if not isinstance(value, bool):
                yield f"{path}: must be true or false"
        elif base == "float_t":
            if not isinstance(value, (int, float)) or isinstance(value, bool):
                yield f"{path}: must be a number"
        elif not isinstance(value, str):
            yield f"{path}: must be a string"
        else:
            longest = described.get("max_len", EXCERPT["types"][base].get("max_len"))
            if longest is not None and len(value.encode()) > longest:
                yield f"{path}: is longer than {longest} bytes"
            if "regex" in described and not re.search(described["regex"], value):
                yield f"{path}: is no {kind}"

    @staticmethod
    def sibling(of, name, attribute, path):
        text = of.get(attribute.get("sibling"))
        known = attribute.get("enum", {}).get(str(of[name]))
        if text is not None and known is not None and of[name] != OTHER and text != known:
            yield f"{path}: {of[name]} is {known!r}, but {attribute['sibling']} says {text!r}"
