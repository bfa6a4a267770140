"""Bundles of writer.py, forged in every way we know, before each verifier of VERIFIERS. Would catch: a byte of a bundle that nobody vouches for, a
forgery that is taken for sound or blamed on another file, and a verifier that says of one fault what another one deserves."""

import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import tempfile
import unittest

import writer
from verify_test import INCOMPLETE, SANITIZED, SEED, SOUND, TAMPERED, USAGE, VERIFY, Case, little_memory
from writer import DECISION, SCAN, Entry, Key, Leaf, Log, Sm2Key

# Each takes DIR --keys FILE behind these words and ends as docs/evidence.md says.
ONECODE = os.environ.get("ONECODE_BIN", str(pathlib.Path(VERIFY).parent / "onecode"))
VERIFIERS = {
    "onecode-verify": [VERIFY, "bundle"],
    "onecode-verify with sanitizers": [SANITIZED, "bundle"],
    "onecode": [ONECODE, "audit", "verify"],
}
FAST = ["onecode-verify"]  # for what is run thousands of times
SECOND = ["onecode-verify", "onecode-verify with sanitizers"]  # for what the format leaves open

LOG, OTHER, EXPORTER, WITNESS = Key("campus.example/onecode/3", 1), Key("campus.example/onecode/4", 2), Key("campus.example/export", 3), Key("w", 4)
SALT = bytes(range(7, 39))
PAYLOAD = [b'{"scan":%d}' % i for i in range(3)]
RECEIVED = Leaf().received
JUST_THEN, BEFORE, AFTER = "2026-03-02T04:00:00.456Z", "2026-03-02T04:00:00.455Z", "2026-03-02T04:00:01Z"


def entries(n=6, key=LOG, received=RECEIVED):
    """A log whose first entries open to PAYLOAD and a-0012345."""
    first = [writer.open_leaf(p, SALT, b"a-0012345", kind=SCAN, first=i, offset=i, received=received).bytes() for i, p in enumerate(PAYLOAD)]
    return Log(first + [Leaf(kind=DECISION, id=b"d-%d" % i).bytes() for i in range(n - len(first))], key)


def records(log=None):
    log = log or entries()
    return [Entry(log, 0, PAYLOAD[0], SALT, b"a-0012345"), Entry(log, 1, None, SALT, b"a-0012345"), Entry(log, 4)]


def resigned(files, *keys, text=None, **manifest):
    """The exporter signs whatever is in the folder now."""
    files = {k: v for k, v in files.items() if k != "manifest"}
    return files | {"manifest": writer.signed(text or writer.manifest_text(files, **manifest), *(keys or [EXPORTER]))}


FILES = writer.bundle(records(), EXPORTER)
TEXT = writer.manifest_text({k: v for k, v in FILES.items() if k != "manifest"})
_line = TEXT.splitlines(keepends=True)
_first = _line[3]  # the first of the files
KEYS = LOG.verifier() + OTHER.verifier() + EXPORTER.verifier()


def but(**changes):
    """FILES with those of one record replaced: r1_leaf=… is records/0001.leaf; None takes it away."""
    out = dict(FILES)
    for name, data in changes.items():
        path = f"records/{int(name[1]):04}." + name[3:].replace("_", "-")
        out.pop(path, None)
        if data is not None:
            out[path] = data
    return out


def claimed(path, as_path):
    """A manifest that has a path in another form."""
    return FILES | {"manifest": writer.signed(TEXT.replace(path, as_path), EXPORTER)}


def with_file(path, data=b"x"):
    return FILES | {path: data}


# What whoever has no key can do: the manifest is as the exporter signed it. Name: (files, exit code, file that is named).
FORGED = {
    "extra file": (with_file("notes.txt"), TAMPERED, "notes.txt"),
    "extra file in a folder of its own": (with_file("a/b/c/d/e.txt"), TAMPERED, "a/b/c/d/e.txt"),
    "extra file that is hidden": (with_file("records/.0001.leaf"), TAMPERED, "records/.0001.leaf"),
    "extra record": (FILES | records()[0].files(4), TAMPERED, "records/0004.leaf"),
    "empty extra file": (with_file("records/0002.payload", b""), TAMPERED, "records/0002.payload"),
    "replaced payload": (but(r1_payload=b'{"scan":9}'), TAMPERED, "records/0001.payload"),
    "replaced payload, other length": (but(r1_payload=b'{"scan":99}'), TAMPERED, "records/0001.payload"),
    "replaced policy": (with_file("policy/p-1.json", b'{"version":"p-2"}\n'), TAMPERED, "policy/p-1.json"),
    "replaced explanation": (with_file("explanation/0001.en.txt", b"The door stayed opened.\n"), TAMPERED, "explanation/0001.en.txt"),
    "swapped proof": (but(r1_tlog_proof=FILES["records/0002.tlog-proof"]), TAMPERED, "records/0001.tlog-proof"),
    "swapped leaf": (but(r1_leaf=FILES["records/0002.leaf"]), TAMPERED, "records/0001.leaf"),
    "swapped salt": (but(r1_subject=bytes(32).hex().encode() + b" a-0012345\n"), TAMPERED, "records/0001.subject"),
    "renamed": ({k.replace("0002.subject", "0003.subject"): v for k, v in FILES.items()}, TAMPERED, "records/0003.subject"),
    "renamed in capitals": ({k.replace("keys.txt", "Keys.txt"): v for k, v in FILES.items()}, TAMPERED, "Keys.txt"),
    "record moved to another number": ({k.replace("/0003.", "/0004."): v for k, v in FILES.items()}, TAMPERED, "records/0004.leaf"),
    "empty manifest": (with_file("manifest", b""), TAMPERED, "manifest"),
    "manifest without signatures": (with_file("manifest", TEXT.encode()), TAMPERED, "manifest"),
    "manifest with none where they should be": (with_file("manifest", TEXT.encode() + b"\n"), TAMPERED, "manifest"),
    "manifest cut in its signature": (with_file("manifest", FILES["manifest"][:-1]), TAMPERED, "manifest"),
    "manifest with more behind it": (with_file("manifest", FILES["manifest"] + b"\n"), TAMPERED, "manifest"),
    "manifest reordered": (with_file("manifest", writer.signed(TEXT, EXPORTER).replace(b"0001", b"000x").replace(b"0002", b"0001").replace(b"000x", b"0002")), TAMPERED, "manifest"),
    "manifest about somebody else": (with_file("manifest", FILES["manifest"].replace(b"a-0012345", b"a-0012346")), TAMPERED, "manifest"),
    "manifest of another time": (with_file("manifest", FILES["manifest"].replace(b"05:00:00", b"06:00:00")), TAMPERED, "manifest"),
    "record taken out of folder and manifest": (
        {k: v for k, v in FILES.items() if "0003." not in k}
        | {"manifest": b"".join(line for line in FILES["manifest"].splitlines(keepends=True) if b"0003." not in line)}, TAMPERED, "manifest"),
    "manifest with another size": (with_file("manifest", writer.signed(TEXT.replace(_first, _first.replace(f" {_first.split()[2]} ", " 999 ")), EXPORTER)), TAMPERED, "VERIFY.html"),
    "manifest with another hash": (with_file("manifest", writer.signed(TEXT.replace(_first.split()[1], "0" * 64), EXPORTER)), TAMPERED, "VERIFY.html"),
    "signature of another manifest": (with_file("manifest", TEXT.encode() + b"\n" + EXPORTER.signature(TEXT + "x").encode()), TAMPERED, "manifest"),
    "signed by nobody known": (resigned(FILES, WITNESS), INCOMPLETE, "manifest"),
    "signed by somebody with the exporter's name": (resigned(FILES, Key(EXPORTER.name, 9)), INCOMPLETE, "manifest"),
    "second signature unknown": (resigned(FILES, EXPORTER, WITNESS), INCOMPLETE, "manifest"),
    "first signature unknown": (resigned(FILES, WITNESS, EXPORTER), INCOMPLETE, "manifest"),
    "second signature wrong": (with_file("manifest", FILES["manifest"] + OTHER.signature(TEXT + "x").encode()), TAMPERED, "manifest"),
}
for _path in FILES:
    if _path != "manifest":
        FORGED[f"missing {_path}"] = ({k: v for k, v in FILES.items() if k != _path}, INCOMPLETE, _path)
        FORGED[f"truncated {_path}"] = (FILES | {_path: FILES[_path][:-1]}, TAMPERED, _path)
        FORGED[f"longer {_path}"] = (FILES | {_path: FILES[_path] + b"\0"}, TAMPERED, _path)

# What a dishonest exporter can do, who signs what he likes and has not the key of a log.
_log = entries()
_forged_key = Key(LOG.name, 9)
_same_id = Key(LOG.name, 9)
_same_id.id = LOG.id
_fork = Log([*_log.entries[:5], Leaf(id=b"forked").bytes()], LOG)
_twin = entries(received=RECEIVED + 1)
_five = Log(_log.entries[:5], LOG)
# ((0, 1), 2) is the tree of three entries, and of two of which the first is a node: the last one is in both, by the same path.
_three = Log(_log.entries[:3], LOG)
_two = _three.text().replace("\n3\n", "\n2\n")


def proof_by(*keys, index=0):
    text = _log.proof(index)
    return (text[: text.index("\n\n") + 2] + _log.checkpoint(keys=keys)).encode()


def of_leaf(leaf):
    """A log that has signed such bytes as its only entry, in place of record 3, which is of another log."""
    log = Log([leaf], OTHER)
    return but(r3_leaf=leaf, r3_tlog_proof=log.proof(0).encode())


RESIGNED = {
    "replaced payload": (but(r1_payload=b'{"scan":9}'), TAMPERED, "records/0001.payload"),
    "payload of another record": (but(r1_payload=PAYLOAD[1]), TAMPERED, "records/0001.payload"),
    "empty payload": (but(r1_payload=b""), TAMPERED, "records/0001.payload"),
    "another subject": (but(r1_subject=SALT.hex().encode() + b" a-0012346\n"), TAMPERED, "records/0001.subject"),
    "another salt": (but(r1_subject=bytes(32).hex().encode() + b" a-0012345\n"), TAMPERED, "records/0001.subject"),
    "subject of a leaf about nobody": (but(r3_subject=FILES["records/0001.subject"]), TAMPERED, "records/0003.subject"),
    **{f"subject written {name}": (but(r1_subject=data), TAMPERED, "records/0001.subject") for name, data in {
        "without a newline": FILES["records/0001.subject"][:-1], "with two": FILES["records/0001.subject"] + b"\n", "in capitals": FILES["records/0001.subject"].upper(),
        "with two spaces": FILES["records/0001.subject"].replace(b" ", b"  "), "without a space": FILES["records/0001.subject"].replace(b" ", b""),
        "with a tab": FILES["records/0001.subject"].replace(b" ", b"\t"), "as nothing": b"", "without a subject": SALT.hex().encode() + b" \n", "in CRLF": FILES["records/0001.subject"][:-1] + b"\r\n"}.items()},
    "swapped proof": (but(r1_tlog_proof=FILES["records/0002.tlog-proof"], r2_tlog_proof=FILES["records/0001.tlog-proof"]), TAMPERED, "records/0001.tlog-proof"),
    "swapped leaf": (but(r1_leaf=FILES["records/0003.leaf"]), TAMPERED, "records/0001."),
    "forged leaf": (but(r3_leaf=Leaf(id=b"forged").bytes()), TAMPERED, "records/0003."),
    "leaf that is longer": (but(r3_leaf=FILES["records/0003.leaf"] + b"\0"), TAMPERED, "records/0003."),
    "another index": (but(r1_tlog_proof=FILES["records/0001.tlog-proof"].replace(b"index 0", b"index 1")), TAMPERED, "records/0001.tlog-proof"),
    "proof for another size": (but(r1_tlog_proof=FILES["records/0001.tlog-proof"].replace(b"/3\n6\n", b"/3\n7\n", 1)), TAMPERED, "records/0001.tlog-proof"),
    "proof cut": (but(r1_tlog_proof=FILES["records/0001.tlog-proof"][:-1]), TAMPERED, "records/0001.tlog-proof"),
    "no proof at all": (but(r1_tlog_proof=b""), TAMPERED, "records/0001.tlog-proof"),
    "proof of a log of his own": (but(r3_tlog_proof=Log(_log.entries, _forged_key).proof(4).encode()), INCOMPLETE, "records/0003.tlog-proof"),
    "proof whose head he signed himself": (but(r3_tlog_proof=proof_by(EXPORTER, index=4)), INCOMPLETE, "records/0003.tlog-proof"),
    "wrong key: that of another log": (but(r3_tlog_proof=proof_by(OTHER, index=4)), INCOMPLETE, "records/0003.tlog-proof"),
    "wrong key with the right id": (but(r3_tlog_proof=proof_by(_same_id, index=4)), TAMPERED, "records/0003.tlog-proof"),
    "no leaf": (but(r2_leaf=None), TAMPERED, "records/0002."),
    "no proof": (but(r2_tlog_proof=None), TAMPERED, "records/0002.tlog-proof"),
    "payload alone": (but(r4_payload=b"x"), TAMPERED, "records/0004"),
    "gap in the numbers": ({k.replace("/0003.", "/0004."): v for k, v in FILES.items()}, TAMPERED, "records/0004"),
    "first number missing": ({k: v for k, v in FILES.items() if "/0001." not in k}, TAMPERED, "records/0002"),
    "record 0": (FILES | Entry(_log, 5).files(0), TAMPERED, "records/0000"),
    "number with five digits": ({k.replace("/0003.", "/00003."): v for k, v in FILES.items()}, TAMPERED, "records/00003"),
    "same entry twice": (FILES | Entry(_log, 4).files(4), TAMPERED, "records/0004"),
}
# What the owner of a log can do, who has its key.
RESIGNED |= {
    "fork": (but(r3_tlog_proof=_fork.proof(4).encode()), TAMPERED, "records/0003.tlog-proof"),
    "fork in which every record differs": (but(r3_leaf=_twin.entries[2], r3_tlog_proof=_twin.proof(2).encode()), TAMPERED, "records/0003.tlog-proof"),
    "two heads of one log": (but(r3_tlog_proof=_five.proof(4).encode()), TAMPERED, "records/0003.tlog-proof"),
    "root of another size": (but(r3_tlog_proof=(lambda p, t: p[: p.index("\n\n") + 2] + t + "\n" + LOG.signature(t))(
        _log.proof(4), _log.text().replace("\n6\n", "\n5\n")).encode()), TAMPERED, "records/0003.tlog-proof"),
    "two sizes of one root": (
        writer.bundle([Entry(_three, 0)], EXPORTER)
        | {"records/0002.leaf": _three.entries[2], "records/0002.tlog-proof": (_three.proof(2).split("\n\n")[0].replace("index 2", "index 1") + "\n\n" + _two + "\n" + LOG.signature(_two)).encode()},
        TAMPERED, "records/0002.tlog-proof"),
    "leaf that is none": (of_leaf(Leaf(kind=9).bytes()), TAMPERED, "records/0003.leaf"),
    "leaf that is empty": (of_leaf(b""), TAMPERED, "records/0003.leaf"),
    "leaf of a later version": (of_leaf(Leaf(version=9).bytes()), INCOMPLETE, "records/0003.leaf"),
}

MANIFESTS = {
    "of a later version": (TEXT.replace("bundle/1", "bundle/2"), INCOMPLETE),
    "of version 0": (TEXT.replace("bundle/1", "bundle/0"), TAMPERED),
    "of version 01": (TEXT.replace("bundle/1", "bundle/01"), TAMPERED),
    "of something else": (TEXT.replace("onecode-bundle", "onecode-bindle"), TAMPERED),
    "about nobody": ("".join(_line[:1] + _line[2:]), TAMPERED),
    "about another kind": (TEXT.replace("about account", "about person"), TAMPERED),
    "about no id": (TEXT.replace("account a-0012345", "account "), TAMPERED),
    "about no kind": (TEXT.replace("account a-0012345", "account"), TAMPERED),
    "about an id with a space": (TEXT.replace("account a-0012345", "account a b"), TAMPERED),
    "about two": ("".join(_line[:2] + _line[1:]), TAMPERED),
    "made at no time": ("".join(_line[:2] + _line[3:]), TAMPERED),
    **{f"made at {t}": (TEXT.replace("2026-03-03T05:00:00.000Z", t), TAMPERED)
       for t in ("2026-03-03T05:00:00Z", "2026-03-03T05:00:00.000+00:00", "2026-02-29T05:00:00.000Z", "2026-13-03T05:00:00.000Z", "2026-03-03T24:00:00.000Z",
                 "2026-03-03T05:60:00.000Z", "2026-03-03t05:00:00.000z", "2026-03-03 05:00:00.000Z", "2026-3-03T05:00:00.0000Z", "+026-03-03T05:00:00.000Z", "")},
    "with an empty line": ("".join(_line[:3] + ["\n"] + _line[3:]), TAMPERED),
    "with another line": (TEXT + "more\n", TAMPERED),
    "with files in another order": ("".join(_line[:3] + [_line[4], _line[3]] + _line[5:]), TAMPERED),
    "with a file twice": ("".join(_line[:4] + _line[3:]), TAMPERED),
    "with itself": (TEXT.replace(_first, _first.replace("VERIFY.html", "manifest")), TAMPERED),
    "with a hash in capitals": (TEXT.replace(_first, _first.replace(_first.split()[1], _first.split()[1].upper())), TAMPERED),
    "with a short hash": (TEXT.replace(_first.split()[1], _first.split()[1][1:]), TAMPERED),
    "with a size with a zero before it": (TEXT.replace(_first, _first.replace(f" {_first.split()[2]} ", f" 0{_first.split()[2]} ")), TAMPERED),
    "with a negative size": (TEXT.replace(_first, _first.replace(f" {_first.split()[2]} ", " -1 ")), TAMPERED),
    "with a size that no number holds": (TEXT.replace(_first, _first.replace(f" {_first.split()[2]} ", f" {2**64} ")), TAMPERED),
    "with two spaces": (TEXT.replace(_first, _first.replace(" VERIFY", "  VERIFY")), TAMPERED),
    "with a space at the end": (TEXT.replace("VERIFY.html\n", "VERIFY.html \n"), TAMPERED),
    "with CRLF": (TEXT.replace("\n", "\r\n"), TAMPERED),
    **{f"with the path {p!r}": ("".join(sorted(_line[:3]) and _line[:3] + sorted([*_line[3:], f"file {writer.sha256(b'x').hex()} 1 {p}\n"], key=lambda s: s.split(" ", 3)[3].strip("\n").encode())), TAMPERED)
       for p in ("../outside", "/etc/hostname", "a//b", "a/./b", "./a", "a/../b", "a/b/c/d/e", "a/", "a b", "", "a\\b", "caf\u00e9", "a~b", "..", ".")},
}


class Bundles(Case):
    def setUp(self):
        super().setUp()
        self.keys.write_text(KEYS)

    def bundle(self, files, name="bundle"):
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        writer.write(folder, files)
        return folder

    def judge(self, expected, folder, named=None, verifiers=VERIFIERS):
        for name in verifiers:
            with self.subTest(verifier=name):
                program, *words = VERIFIERS[name]
                code, text = self.run_verify(*words, folder, "--keys", self.keys, program=program)
                self.assertEqual(code, expected, text)
                if named is not None:
                    self.assertIn(named, text)

    def table(self, rows, change=lambda files: files):
        for name, (files, expected, named) in rows.items():
            with self.subTest(forgery=name):
                self.judge(expected, self.bundle(change(files)), named)

    def test_sound(self):
        """bundles: what the exporter wrote is sound, signed with Ed25519, with SM2 or both, erased or not, of any number of logs"""
        sm2, log_sm2 = Sm2Key(EXPORTER.name, 1), Sm2Key(LOG.name, 2)
        self.judge(SOUND, self.bundle(FILES))
        self.judge(SOUND, self.bundle(resigned(FILES, LOG)))
        self.judge(SOUND, self.bundle({k: v for k, v in writer.bundle([], EXPORTER, about="case c-1").items()}))
        self.judge(SOUND, self.bundle(writer.bundle([Entry(Log(entries(key=OTHER).entries, OTHER), 3), *records()], EXPORTER)))
        self.keys.write_text(KEYS + sm2.verifier() + log_sm2.verifier() + "\n")
        for keys in ([sm2], [EXPORTER, sm2], [sm2, EXPORTER]):
            self.judge(SOUND, self.bundle(resigned(FILES, *keys)))
        for keys in ([log_sm2], [LOG, log_sm2], [WITNESS, log_sm2, WITNESS], [WITNESS, LOG]):
            self.judge(SOUND, self.bundle(resigned(but(r1_tlog_proof=proof_by(*keys)))))
        good = resigned(FILES, sm2)
        at = good["manifest"].rindex(b" ") + 12
        for i in range(at, len(good["manifest"]) - 3, 5):
            changed = good["manifest"][:i] + bytes([ord("A") if good["manifest"][i] != ord("A") else ord("B")]) + good["manifest"][i + 1 :]
            self.judge(TAMPERED, self.bundle(good | {"manifest": changed}), "manifest", FAST)
        other_user = EXPORTER.signature(TEXT).split()[0] + f" {sm2.name} {writer.b64(sm2.id + sm2.numbers(TEXT.encode(), b'somebody else'))}\n"
        self.judge(TAMPERED, self.bundle(FILES | {"manifest": (TEXT + "\n" + other_user).encode()}), "manifest")

    def test_many(self):
        """bundles: ten thousand records are in the order of their numbers, not of their names"""
        if os.environ.get("ONECODE_QUICK"):
            self.skipTest("quick")
        log = Log(writer.leaves(16, SEED), LOG)
        one = Entry(log, 3).files(1)
        proof, leaf = one["records/0001.tlog-proof"], one["records/0001.leaf"]
        files = {f"records/{i:04}.{suffix}": data for i in range(1, 10002) for suffix, data in (("leaf", leaf), ("tlog-proof", proof))}
        folder = self.bundle(resigned(files))
        code, text = self.run_verify(*VERIFIERS["onecode-verify"][1:], folder, "--keys", self.keys)
        self.assertEqual(code, TAMPERED)
        self.assertNotIn("the record before this one", text)
        self.assertEqual(text.count("is the same entry as"), 10000)

    def test_sm3(self):
        """bundles: where a leaf has the SM3 of its payload too, that must be right as well"""
        def leaf(sm3):
            return writer.open_leaf(PAYLOAD[0], SALT, b"a-0012345", kind=SCAN, first=0, offset=0, received=RECEIVED, version=2, payload_sm3=sm3)
        for expected, sm3, named in ((SOUND, writer.sm3(PAYLOAD[0]), None), (TAMPERED, writer.sm3(PAYLOAD[1]), "records/0001.payload")):
            log = Log([leaf(sm3).bytes()], LOG)
            self.judge(expected, self.bundle(writer.bundle([Entry(log, 0, PAYLOAD[0], SALT, b"a-0012345")], EXPORTER)), named)

    def test_forged(self):
        """bundles: whatever somebody without a key does to a bundle is found, with the file in which it shows"""
        self.table(FORGED)

    def test_resigned(self):
        """bundles: an exporter who signs whatever he likes, or a log, is found out by what he cannot sign or cannot make fit"""
        self.table(RESIGNED, resigned)

    def test_manifests(self):
        """bundles: a manifest that is signed and is not written as the format says is refused"""
        (self.folder / "outside").write_bytes(b"x")
        for name, (text, expected) in MANIFESTS.items():
            with self.subTest(manifest=name):
                self.assertNotEqual(text, TEXT)
                verifiers = SECOND if name == "made at 2026-03-03T05:00:00Z" else FAST
                self.judge(expected, self.bundle(FILES | {"manifest": writer.signed(text, EXPORTER)}), "manifest", verifiers)

    def test_no_regular_file(self):
        """bundles: links and pipes are tampering, even to the same bytes, and nothing waits for them"""
        for path in ("records/0001.payload", "records/0001.leaf", "policy/p-1.json", "manifest", "extra"):
            for kind in ("link", "dangling link", "pipe"):
                with self.subTest(path=path, kind=kind):
                    folder = self.bundle(FILES)
                    copy = self.file("copy", FILES.get(path, b""))
                    (folder / path).unlink(missing_ok=True)
                    if kind == "pipe":
                        os.mkfifo(folder / path)
                    else:
                        (folder / path).symlink_to(copy if kind == "link" else self.folder / "nowhere")
                    self.judge(TAMPERED, folder, path, SECOND if (path, kind) == ("manifest", "dangling link") else VERIFIERS)
        folder = self.bundle(FILES)
        shutil.copytree(folder / "records", self.folder / "elsewhere")
        shutil.rmtree(folder / "records")
        (folder / "records").symlink_to(self.folder / "elsewhere")
        self.judge(TAMPERED, folder, "records")
        folder = self.bundle({k: v for k, v in FILES.items() if k != "policy/p-1.json"})
        (folder / "policy/p-1.json").mkdir(parents=True)
        self.judge(INCOMPLETE, folder, "policy/p-1.json", SECOND)
        (self.folder / "empty").mkdir()
        self.judge(INCOMPLETE, self.folder / "empty", "manifest", SECOND)
        self.judge(INCOMPLETE, self.bundle({k: v for k, v in FILES.items() if k != "manifest"}), "manifest", SECOND)

    def test_huge(self):
        """bundles: files and claims that are larger than such a file can be cost neither time nor memory"""
        huge = 8 << 30
        for path in ("manifest", "records/0001.leaf", "records/0001.tlog-proof", "records/0001.subject", "policy/p-1.json"):
            with self.subTest(path=path):
                folder = self.bundle(FILES)
                size = len(FILES[path])
                with open(folder / path, "ab") as out:
                    out.truncate(huge)  # a hole: no disk
                program, *words = VERIFIERS["onecode-verify"]
                for claimed in {size} if path in ("manifest", "policy/p-1.json") else {size, huge}:
                    if path != "manifest":
                        (folder / "manifest").write_bytes(writer.signed(TEXT.replace(f" {size} {path}\n", f" {claimed} {path}\n"), EXPORTER))
                    code, text = self.run_verify(*words, folder, "--keys", self.keys, program=program, preexec_fn=little_memory)
                    self.assertEqual(code, TAMPERED, text)
                    self.assertIn(path, text)

    def test_keys(self):
        """bundles: without the exporter's key, or a log's, or with one of them replaced, a bundle is incomplete"""
        folder = self.bundle(FILES)
        for keys, named in (
            (LOG.verifier(), "manifest"),
            (EXPORTER.verifier() + OTHER.verifier(), "records/0001.tlog-proof"),
            (LOG.verifier() + Key(EXPORTER.name, 9).verifier(), "manifest"),
            (Key(LOG.name, 9).verifier() + EXPORTER.verifier(), "records/0001.tlog-proof"),
            ("", "manifest"),
        ):
            self.keys.write_text(keys)
            self.judge(INCOMPLETE, folder, named)
        self.keys.write_text("nothing\n")
        self.judge(USAGE, folder)

    def test_expired(self):
        """bundles: what a key signed after its time is tampering, to the millisecond, unless another key signed it in time"""
        folder = self.bundle(FILES)
        log, exporter, made = LOG.verifier().strip(), EXPORTER.verifier().strip(), "2026-03-03T05:00:00.000Z"
        for code, named, *lines in (
            (SOUND, None, f"{log} until={JUST_THEN}", exporter),
            (SOUND, None, f"{log} until={AFTER}", exporter),
            (TAMPERED, "records/0001.tlog-proof", f"{log} until={BEFORE}", exporter),
            (SOUND, None, f"{log} from={AFTER}", exporter),  # a later key signs what was before it
            (SOUND, None, f"{log} until={BEFORE}", log, exporter),
            (SOUND, None, log, f"{log} until={BEFORE}", exporter),
            (SOUND, None, log, f"{exporter} until={made}"),
            (SOUND, None, log, f"{exporter} from={made} until=2026-03-03T05:00:00Z"),
            (TAMPERED, "manifest", log, f"{exporter} until=2026-03-03T04:59:59.999Z"),
            (TAMPERED, "manifest", log, f"{exporter} from=2026-03-03T05:00:00.001Z"),
            (TAMPERED, "manifest", log, f"{exporter} from=2026-03-04T00:00:00Z", f"{exporter} until=2026-03-02T00:00:00Z"),
        ):
            with self.subTest(lines=lines):
                self.keys.write_text("\n".join(lines) + "\n")
                self.judge(code, folder, named)
        self.keys.write_text(f"{log}\n{exporter} from=2026-03-04T00:00:00Z\n{exporter} until=2026-03-04T00:00:00Z\n")
        self.judge(SOUND, folder, verifiers=SECOND)
        # Two keys of one log: one that is in time is enough, and a manifest needs all of its own.
        old, new = Key(LOG.name, 11), Key(EXPORTER.name, 12)
        folder = self.bundle(resigned(but(**{f"r{i + 1}_tlog_proof": proof_by(old, LOG, index=at) for i, at in enumerate((0, 1, 4))}), EXPORTER, new))
        for code, named, *lines in (
            (SOUND, None, f"{old.verifier().strip()} until={BEFORE}", log, exporter, new.verifier()),
            (SOUND, None, old.verifier(), f"{log} until={BEFORE}", exporter, new.verifier()),
            (TAMPERED, "records/0001.tlog-proof", f"{old.verifier().strip()} until={BEFORE}", f"{log} until={BEFORE}", exporter, new.verifier()),
            (TAMPERED, "manifest", log, exporter, f"{new.verifier().strip()} until={BEFORE}"),
        ):
            with self.subTest(lines=lines):
                self.keys.write_text("\n".join(lines) + "\n")
                self.judge(code, folder, named)

    def test_every_byte(self):
        """bundles: a bit flipped in any byte of any file is found, in that file, with the exit code of that fault"""
        print(f"seed {SEED}", flush=True)
        rng = random.Random(SEED)
        flips = []
        for path, data in sorted(FILES.items()):
            for i in range(len(data)):
                in_signature = path == "manifest" and i > len(TEXT)
                flips += [(path, i, mask) for mask in ([1 << b for b in range(8)] if in_signature else [1 << rng.randrange(8)])]
        for name in FAST:
            with self.subTest(verifier=name):
                self.each_flip(flips, *VERIFIERS[name])

    def each_flip(self, flips, program, *words):
        def some(part):
            folder = pathlib.Path(tempfile.mkdtemp(prefix="bundle-", dir=self.folder))
            writer.write(folder, FILES)
            for path, i, mask in part:
                data = FILES[path][:i] + bytes([FILES[path][i] ^ mask]) + FILES[path][i + 1 :]
                (folder / path).write_bytes(data)
                code, text = self.run_verify(*words, folder, "--keys", self.keys, program=program)
                expected = manifest_flip(data) if path == "manifest" else TAMPERED
                self.assertEqual(code, expected, f"{path}, byte {i} ^ {mask}: {text}")
                self.assertIn(path, text)
                (folder / path).write_bytes(FILES[path])
            code, text = self.run_verify(*words, folder, "--keys", self.keys, program=program)
            self.assertEqual(code, SOUND, text)  # it was no other fault that was found

        threads = os.cpu_count() or 1
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(some, flips[t::threads]) for t in range(threads)]:
                done.result()


def manifest_flip(data):
    """A signature line of the right form whose name or key id is another one is by nobody known; all else is tampering."""
    head = TEXT.encode() + b"\n\xe2\x80\x94 "
    if not data.startswith(head) or not data.endswith(b"\n") or data.count(b"\n", len(head)) != 1:
        return TAMPERED
    try:
        name, encoded = data[len(head) : -1].decode().split(" ")
        raw = writer.base64.b64decode(encoded, validate=True)
    except ValueError:
        return TAMPERED
    if writer.b64(raw) != encoded or not name or "+" in name or any(ord(c) < 32 or c.isspace() for c in name):
        return TAMPERED
    return TAMPERED if (name, raw[:4]) == (EXPORTER.name, EXPORTER.id) else INCOMPLETE


class Times(Case):
    def test_log_and_proof(self):
        """verify: `until` of a key counts for the last entry of a log, and for the leaf of a proof"""
        log = entries()
        log.write(self.folder / "log")
        commands = [("log", self.folder / "log"), ("proof", self.file("a.tlog-proof", log.proof(1)), self.file("a.leaf", log.entries[1]))]
        for expected, suffix in ((SOUND, ""), (SOUND, f" until={JUST_THEN}"), (TAMPERED, f" until={BEFORE}"), (SOUND, f" from={AFTER}"),
                                 (TAMPERED, f" from=2026-01-01T00:00:00Z until={BEFORE}"), (SOUND, f" until={AFTER} from={AFTER}")):
            for command in commands:
                with self.subTest(suffix=suffix, command=command[0]):
                    self.keys.write_text(LOG.verifier().strip() + suffix + "\n")
                    self.verify(expected, *command, saying="expired key" if expected else None)
        early = Log([*log.entries, Leaf(received=RECEIVED - 1).bytes()], LOG)
        early.write(self.folder / "early")
        self.keys.write_text(LOG.verifier().strip() + f" until={BEFORE}\n")
        self.verify(SOUND, "log", self.folder / "early")  # the last entry counts

    def test_written(self):
        """verify: times of a key that are not written as they should end with exit 3"""
        Log(entries().entries, LOG).write(self.folder / "log")
        for suffix in ("until=", " ", " until=", " until=2026-03-02", " until=2026-03-02T04:00:00", " until=2026-03-02T04:00:00.45Z", " until=2026-03-02T04:00:00z", " until=2026-03-02T04:00:000", " until=2026-03-02T04:00:00+00:00", " until=x",
                       " until=2026-02-30T04:00:00Z", " until=2026-03-02T04:00:60Z", f" until={AFTER} until={AFTER}", f" from={AFTER} from={AFTER}", f" from={AFTER} until={BEFORE}",
                       f"  until={AFTER}", f" until={AFTER} ", f" Until={AFTER}", f"\tuntil={AFTER}", " more", f" until={AFTER} more", f" until={AFTER}\r", f" until={AFTER}\0"):
            with self.subTest(suffix=suffix):
                self.keys.write_text(LOG.verifier().strip() + suffix + "\n")
                self.verify(USAGE, "log", self.folder / "log", saying="line 1")
        self.keys.write_text(LOG.verifier())
        for args in (("bundle",), ("bundle", self.folder), ("bundle", self.folder, self.folder, "--keys", self.keys)):
            self.verify(USAGE, *args, keys=False)

    def test_sm2(self):
        """verify: a log signed with SM2 is sound with that key, and a wrong one is none"""
        key = Sm2Key(LOG.name, 3)
        log = Log(entries().entries, key)
        log.write(self.folder / "log")
        self.keys.write_text(key.verifier())
        self.verify(SOUND, "log", self.folder / "log", program=SANITIZED)
        self.keys.write_text(Sm2Key(LOG.name, 4).verifier())
        self.verify(INCOMPLETE, "log", self.folder / "log", program=SANITIZED)
        note = self.folder / "log/checkpoint"
        self.keys.write_text(key.verifier())
        signature = key.numbers(log.text().encode())
        for wrong in (signature[:-1], signature + b"\0", bytes(64), b"\xff" * 64, signature[32:] + signature[:32], key.numbers(log.text().encode(), b"")):
            note.write_text(f"{log.text()}\n\u2014 {key.name} {writer.b64(key.id + wrong)}\n")
            self.verify(TAMPERED, "log", self.folder / "log", saying="the signature by", program=SANITIZED)
        for encoded in (key.encoded[:-1], key.encoded + b"\0", key.encoded[:-1] + bytes([key.encoded[-1] ^ 1]), key.encoded[:-65] + b"\2" + key.encoded[-64:]):
            bad = Sm2Key(LOG.name, 3)
            bad.encoded = encoded
            bad.id = writer.sha256(bad.name.encode() + b"\n" + encoded)[:4]
            self.keys.write_text(bad.verifier())
            self.verify(USAGE, "log", self.folder / "log", program=SANITIZED)

    def test_json(self):
        """verify: a bundle as JSON says of each record where it stands and what it is"""
        writer.write(self.folder / "bundle", FILES)
        self.keys.write_text(KEYS)
        found = json.loads(self.verify(SOUND, "bundle", self.folder / "bundle", "--json"))["findings"]
        self.assertEqual([f["kind"] for f in found], ["record"] * 3 + ["sound"])
        self.assertEqual(found[0]["about"], str(self.folder / "bundle/records/0001"))
        self.assertEqual([(f["fields"]["log"], f["fields"]["index"], f["fields"]["id"]) for f in found[:3]],
                         [(LOG.name, "0", "c-1"), (LOG.name, "1", "c-1"), (LOG.name, "4", "d-1")])
        self.assertIn("about account a-0012345, made 2026-03-03T05:00:00.000Z and signed by campus.example/export, has 3 records", found[3]["text"])


if __name__ == "__main__":
    unittest.main()
