"""onecode-verify against logs of writer.py, which knows the formats from their texts alone. Would catch: a sound log that is refused, a byte
that may be another one, an order of leaves that nobody checks, a claim of a file that makes it read or allocate without end, and, in the
program with sanitizers, what hostile input does to memory."""

import json
import os
import pathlib
import random
import resource
import shutil
import subprocess
import tempfile
import unittest

import writer
from writer import COMMAND, DECISION, HOLD, POSTING, SCAN, TOPIC, Key, Leaf, Log, Witness

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERIFY = os.environ.get("ONECODE_VERIFY", str(ROOT / "build" / "release" / "onecode-verify"))
SANITIZED = os.environ.get("ONECODE_VERIFY_SANITIZED", VERIFY)
SEED = int(os.environ.get("ONECODE_SEED", "1"))
SOUND, TAMPERED, INCOMPLETE, USAGE = range(4)
SIZES = (0, 1, 2, 255, 256, 257, 70000)

KEY = Key("campus.example/onecode/3", 1)
OTHER = Key("campus.example/onecode/4", 2)
LARGE = writer.leaves(70000, SEED)


def little_memory():
    resource.setrlimit(resource.RLIMIT_AS, (256 << 20, 256 << 20))


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="onecode-verify-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.keys = self.file("keys", KEY.verifier())

    def file(self, name, data):
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data.encode() if isinstance(data, str) else data)
        return target

    def run_verify(self, *args, program=VERIFY, **kwargs):
        env = {**os.environ, "ASAN_OPTIONS": "exitcode=99", "UBSAN_OPTIONS": "halt_on_error=1:exitcode=99"}
        done = subprocess.run([program, *map(str, args)], capture_output=True, env=env, check=False, **kwargs)
        self.assertIn(done.returncode, range(4), (args, done.stderr.decode()))
        return done.returncode, (done.stdout + done.stderr).decode()

    def verify(self, expected, *args, saying=None, keys=True, several=False, **kwargs):
        code, text = self.run_verify(*args, *(["--keys", self.keys] if keys else []), **kwargs)
        self.assertEqual(code, expected, text)
        if expected != SOUND and not several:
            self.assertNotIn(": sound: ", text)
        if saying is not None:
            self.assertIn(saying, text)
        return text

    def log(self, entries, name="log", size=None, key=KEY):
        log = Log(entries, key)
        log.write(self.folder / name, size)
        return log, self.folder / name

    def never_sound(self, path, changed, *args, program=VERIFY):
        """No content of the file at `path` in `changed`, each with a name, is taken for sound."""
        original = path.read_bytes()
        try:
            for name, data in changed:
                if data == original:
                    continue
                path.write_bytes(data)
                code, text = self.run_verify(*args, "--keys", self.keys, program=program)
                self.assertIn(code, (TAMPERED, INCOMPLETE), f"{path}: {name}: {text}")
        finally:
            path.write_bytes(original)


def flips(data, rng):
    for i in range(len(data)):
        for mask in {1, 1 << rng.randrange(1, 8)}:
            yield f"byte {i} ^ {mask}", data[:i] + bytes([data[i] ^ mask]) + data[i + 1 :]


def cuts(data):
    for i in range(len(data)):
        yield f"the first {i} bytes", data[:i]


def input_leaves(*rows):
    """Leaves of scans 3 from (from, offset)."""
    return [Leaf(kind=SCAN, first=first, offset=offset).bytes() for first, offset in rows]


class Logs(Case):
    def test_sound(self):
        """verify: logs of 0 to 70,000 entries are sound, and not without their key"""
        for n in SIZES:
            with self.subTest(n=n):
                log, folder = self.log(LARGE[:n], str(n))
                text = self.verify(SOUND, "log", folder, saying="sound")
                self.assertIn(f"has {n} entr", text)
                self.assertIn(writer.b64(writer.mth(log.hashes)), text)
                self.verify(INCOMPLETE, "log", folder, keys=False, saying="no key was given")

    def test_gaps(self):
        """verify: records without a leaf are named, one by one, and only those; conclusions have no order"""
        log, folder = self.log(
            input_leaves((5, 5), (6, 10), (11, 11), (12, 13))
            + [Leaf(kind=DECISION, offset=2).bytes(), Leaf(kind=HOLD, topic=b"", partition=0).bytes()]
            + [Leaf(kind=SCAN, partition=4, first=0, offset=0).bytes()]
            + [Leaf(kind=POSTING, topic=b"ledger", first=0, offset=2).bytes(), Leaf(kind=COMMAND, topic=b"commands").bytes()]
        )
        text = self.verify(SOUND, "log", folder)
        self.assertEqual(
            [line.split("note: ")[1] for line in text.splitlines() if "note: " in line],
            [
                "records of scans 3 before 5 are older than the log",
                "records of scans 3 from 6 to 9 have no leaf",
                "record 12 of scans 3 has no leaf",
                "records of ledger 3 from 0 to 1 have no leaf",
            ],
        )

    def test_order(self):
        """verify: a leaf that does not go on where the last one of its topic and partition ended is tampering, wherever it stands"""
        for wrong in ((1, 1), (3, 3), (0, 2), (1, 9), (2**63, 2**63)):
            for before in (0, 254, 255, 256):
                with self.subTest(wrong=wrong, before=before):
                    filler = [Leaf(kind=HOLD, topic=b"", partition=0).bytes()] * before
                    _, folder = self.log(input_leaves((0, 0), (1, 1)) + filler + input_leaves(wrong), f"{wrong[0]}-{wrong[1]}-{before}")
                    self.verify(TAMPERED, "log", folder, saying=f"entry {before + 2} ")
        for a in (SCAN, POSTING, COMMAND):
            entries = [Leaf(kind=a, topic=TOPIC[a], first=i, offset=i).bytes() for i in range(3)]
            for order in ((1, 0, 2), (0, 2, 1), (0, 2), (0, 1, 1), (2, 1, 0)):
                _, folder = self.log([entries[i] for i in order], f"kind-{a}-{order}")
                self.verify(TAMPERED, "log", folder, saying="is out of order")

    def test_no_leaf(self):
        """verify: what is signed and no leaf is refused; a leaf of a later version makes the check incomplete"""
        good = Leaf().bytes()
        bad = {
            "empty": b"",
            "short": good[:-1],
            "long": good + b"\0",
            "kind 0": Leaf(kind=0).bytes(),
            "kind 7": Leaf(kind=7).bytes(),
            "clock 3": Leaf(clock=3).bytes(),
            "input of a timer": Leaf(kind=SCAN, topic=b"").bytes(),
            "from of a conclusion": Leaf(kind=DECISION, first=1, offset=1).bytes(),
            "from behind the offset": Leaf(kind=SCAN, first=2, offset=1).bytes(),
            "offset beyond topics": Leaf(offset=2**63).bytes(),
            "no SM3": Leaf(version=2, payload_sm3=b"").bytes(),
            "a longer SM3": Leaf(version=2, payload_sm3=bytes(33)).bytes(),
        }
        for name, entry in bad.items():
            with self.subTest(name=name):
                _, folder = self.log([good, entry], name)
                self.verify(TAMPERED, "log", folder, saying="entry 1 ")
        _, folder = self.log([good, Leaf(version=3).bytes()], "later")
        self.verify(INCOMPLETE, "log", folder, saying="version 3")

    def test_signatures(self):
        """verify: one known signature is enough, unknown ones are passed over, a known one that is wrong is not"""
        log, folder = self.log(LARGE[:3])
        note = folder / "checkpoint"
        unknown = [Key("witness.example", 9).signature(log.text()), f"\u2014 {KEY.name} {writer.b64(bytes(4) + b'sm2' * 30)}\n"]
        for others in (unknown, unknown * 10):
            note.write_text(log.checkpoint(others="".join(others)))
            self.verify(SOUND, "log", folder)
        note.write_text(log.checkpoint(others=unknown[0] * 64))
        self.verify(TAMPERED, "log", folder, saying="more than 64")
        note.write_text(log.text() + "\n" + unknown[0])
        self.verify(INCOMPLETE, "log", folder)
        note.write_text(log.checkpoint(keys=[OTHER]))
        self.verify(INCOMPLETE, "log", folder)
        self.keys.write_text(KEY.verifier() + "\n" + OTHER.verifier())
        self.verify(INCOMPLETE, "log", folder)  # another log's key
        note.write_text(log.checkpoint(keys=[OTHER, KEY]))
        self.verify(SOUND, "log", folder)
        note.write_text(log.checkpoint(others=OTHER.signature(log.text(2))))
        self.verify(TAMPERED, "log", folder, saying=f"the signature by {OTHER.name}")
        forged = Key(KEY.name, 3)
        forged.id = KEY.id
        note.write_text(log.checkpoint(keys=[forged]))
        self.verify(TAMPERED, "log", folder, saying="the signature by")

    def test_witnesses(self):
        """verify: witnesses whose keys were given are named with their time, each key once; too few are incomplete, a forged one tampering"""
        log, folder = self.log(LARGE[:3])
        note, text = folder / "checkpoint", log.text()
        one, two = Witness("w.example/1", 11), Witness("w.example/2", 12)
        again = Witness("w.example/again", 11)  # the same key
        def known(*keys):
            self.keys.write_text("".join(k.verifier() for k in keys))
        def stands(*lines):
            note.write_text(log.checkpoint(others="".join(lines)))
        stands(one.cosignature(text), again.cosignature(text), two.cosignature(text, 1772424060))
        known(KEY)
        self.assertNotIn("witnessed", self.verify(SOUND, "log", folder))
        self.verify(INCOMPLETE, "log", folder, "--witnesses", "1", saying="0 known witnesses")
        known(KEY, one)
        self.verify(SOUND, "log", folder, "--witnesses", "1", saying="witnessed: by w.example/1 at 2026-03-02T04:00:00.000Z")
        self.verify(INCOMPLETE, "log", folder, "--witnesses", "2", saying="1 known witness has cosigned")
        known(KEY, one, again)
        self.verify(INCOMPLETE, "log", folder, "--witnesses", "2", saying="1 known witness has cosigned")
        known(KEY, two, one)
        found = json.loads(self.verify(SOUND, "log", folder, "--witnesses", "2", "--json"))
        self.assertEqual([f["fields"] for f in found["findings"] if f["kind"] == "witnessed"],
                         [{"witness": "w.example/1", "time": "2026-03-02T04:00:00.000Z"}, {"witness": "w.example/2", "time": "2026-03-02T04:01:00.000Z"}])
        known(one, two)
        self.verify(INCOMPLETE, "log", folder, "--witnesses", "2", saying="no key was given")  # witnesses do not replace the log
        known(KEY, one)
        late = one.cosignature(text, 2**63)
        for forged in (one.cosignature(log.text(2)), one.signature(text), late, one.cosignature(text)[:-30] + "A=\n"):
            stands(forged)
            self.verify(TAMPERED, "log", folder)
        stands(one.cosignature(text, 2**63 - 1))
        self.verify(SOUND, "log", folder, "--witnesses", "1", saying=f"at {2**63 - 1}", program=SANITIZED)
        for wrong in (["--witnesses", "-1"], ["--witnesses", "x"], ["--witnesses"], ["--witnesses", "1", "--witnesses", "1"]):
            self.verify(USAGE, "log", folder, *wrong)
        self.verify(USAGE, "consistency", note, folder, "--witnesses", "1")

    def test_checkpoint_text(self):
        """verify: a checkpoint that is signed and is not written as tlog-checkpoint says is refused"""
        log, folder = self.log(LARGE[:3])
        origin, size, root = log.text().splitlines()
        wrong = {
            "size": f"{origin}\n03\n{root}\n",
            "plus": f"{origin}\n+3\n{root}\n",
            "minus": f"{origin}\n-3\n{root}\n",
            "space": f"{origin}\n 3\n{root}\n",
            "too large": f"{origin}\n{2**63}\n{root}\n",
            "far too large": f"{origin}\n{10**40}\n{root}\n",
            "short root": f"{origin}\n3\n{root[:-4]}\n",
            "loose bits": f"{origin}\n3\n{root[:-2]}{chr(ord(root[-2]) + 1)}=\n",
            "no padding": f"{origin}\n3\n{root[:-1]}\n",
            "no origin": f"\n3\n{root}\n",
            "no root": f"{origin}\n3\n",
            "empty line": f"{origin}\n3\n{root}\n\n",
            "control": f"{origin}\n3\n{root}\na\tb\n",
        }
        for name, text in wrong.items():
            with self.subTest(name=name):
                (folder / "checkpoint").write_text(text + "\n" + KEY.signature(text))
                self.verify(TAMPERED, "log", folder)
        text = log.text() + "an extension\n"
        (folder / "checkpoint").write_text(text + "\n" + KEY.signature(text))
        self.verify(SOUND, "log", folder)
        for more in (b"caf\xe9", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\x80"):
            with self.subTest(more=more):
                signed = log.text().encode() + more + b"\n"
                signature = writer.b64(KEY.id + KEY.private.sign(signed))
                (folder / "checkpoint").write_bytes(signed + f"\n\u2014 {KEY.name} {signature}\n".encode())
                self.verify(TAMPERED, "log", folder, saying="not plain UTF-8")

    def test_huge_claims(self):
        """verify: a signed head of more entries than there are costs neither time nor memory"""
        log, folder = self.log(LARGE[:256])
        for size in (257, 512, 2**32, 2**62, 2**63 - 1):
            text = f"{log.origin}\n{size}\n{writer.b64(bytes(32))}\n"
            note = self.file("log/checkpoint", text + "\n" + KEY.signature(text))
            self.verify(INCOMPLETE, "log", folder, saying="is missing", preexec_fn=little_memory)
            self.verify(INCOMPLETE, "consistency", note, folder, preexec_fn=little_memory)
            leaf = self.file("leaf", LARGE[0])
            proof = self.file("proof", f"c2sp.org/tlog-proof@v1\nindex {size - 1}\n" + (writer.b64(bytes(32)) + "\n") * 63 + "\n" + note.read_text())
            self.verify(TAMPERED, "proof", proof, leaf, preexec_fn=little_memory)
        for name in ("checkpoint", "tile/0/000", "tile/entries/000"):
            with self.subTest(name=name):
                log.write(folder)
                with open(folder / name, "ab") as out:
                    out.truncate(8 << 30)  # a hole: no disk
                self.verify(TAMPERED, "log", folder, saying="larger than such a file can be", preexec_fn=little_memory)
        log.write(folder)
        os.remove(folder / "tile/entries/000")
        os.mkfifo(folder / "tile/entries/000")  # nobody ever writes to it
        self.verify(INCOMPLETE, "log", folder, saying="is missing")

    def test_missing(self):
        """verify: without any one of its files a log is incomplete, and none is missed"""
        log, folder = self.log(LARGE[:600])
        for name in log.files():
            with self.subTest(name=name):
                moved = (folder / name).rename(self.folder / "moved")
                self.verify(INCOMPLETE, "log", folder, saying=f"{name} is missing")
                moved.rename(folder / name)
        shutil.rmtree(folder / "tile/0")
        self.verify(INCOMPLETE, "log", folder, saying="tile/0/000 is missing, and 2 hash tiles more")
        self.file("log/tile/1/000.p/2", bytes(64))
        self.verify(TAMPERED, "log", folder, saying="tile/1/000.p/2")  # what is missing hides nothing
        for name in ("log/tile", "nowhere", "keys"):
            shutil.rmtree(self.folder / "log/tile", ignore_errors=True)
            self.verify(INCOMPLETE, "log", self.folder / name)

    def test_partial_tiles(self):
        """verify: a full tile serves for a partial one, an older partial one may stay if it is the beginning, no other width will do"""
        log, folder = self.log(LARGE[:520], size=300)
        self.verify(SOUND, "log", folder)
        for older in (257, 260, 299):
            log.write(folder, older)
        log.write(folder, 300)
        self.verify(SOUND, "log", folder)
        for name in ("tile/0/001.p/4", "tile/entries/001.p/4", "tile/entries/001.p/1"):
            with self.subTest(name=name):
                data = (folder / name).read_bytes()
                for changed in (data[:-1], data + b"\0", data[:-1] + bytes([data[-1] ^ 1]), b""):
                    (folder / name).write_bytes(changed)
                    self.verify(TAMPERED, "log", folder, saying="is not the beginning of")
                (folder / name).write_bytes(data)
        for level in ("0", "entries"):
            partial = folder / "tile" / level / "001.p" / "44"
            data = partial.read_bytes()
            wide = log.files(520)[f"tile/{level}/001"]
            partial.unlink()
            self.verify(INCOMPLETE, "log", folder, saying="missing")
            (folder / "tile" / level / "001").write_bytes(wide)
            self.verify(SOUND, "log", folder)
            (folder / "tile" / level / "001").write_bytes(data)
            self.verify(TAMPERED, "log", folder)
            (folder / "tile" / level / "001").unlink()
            partial.write_bytes(data)
            self.file(f"log/tile/{level}/001.p/45", wide[:100])
        self.verify(SOUND, "log", folder, saying="nobody vouches for 2 files")

    def test_folder_of_logs(self):
        """verify: a folder of logs is sound when each is, and none is missing that there is a key for"""
        self.log(LARGE[:3], "all/3")
        self.log(LARGE[:300], "all/4", key=OTHER)
        self.keys.write_text(KEY.verifier() + OTHER.verifier())
        text = self.verify(SOUND, "log", self.folder / "all")
        self.assertEqual(text.count(": sound: "), 2)
        note = self.folder / "all/4/checkpoint"
        head = note.read_bytes()
        note.write_bytes(head.replace(b"300", b"301"))
        text = self.verify(TAMPERED, "log", self.folder / "all", several=True)
        self.assertEqual(text.count(": sound: "), 1)
        note.unlink()
        self.verify(INCOMPLETE, "log", self.folder / "all", several=True, saying="4/checkpoint is missing")
        shutil.rmtree(self.folder / "all/4")
        self.verify(INCOMPLETE, "log", self.folder / "all", several=True, saying=f"a key for the log {OTHER.name}")
        self.keys.write_text(KEY.verifier())
        own = input_leaves(*((i, i) for i in range(5)))
        forged = Leaf(kind=SCAN, first=1, offset=1, id=b"forged").bytes()
        for n in (2, 3, 5):
            for folder, entries in {"3": own[:3], "4": own[:n]}.items():
                shutil.rmtree(self.folder / "all" / folder, ignore_errors=True)
                self.log(entries, f"all/{folder}")
            self.verify(SOUND, "log", self.folder / "all")  # one is an older copy of the other
            shutil.rmtree(self.folder / "all/4")
            self.log([own[0], forged, *own[2:n]], "all/4")
            self.verify(TAMPERED, "log", self.folder / "all", several=True, saying="the log forks" if n == 3 else "are not those of")

    def test_replaced(self):
        """verify: leaves that change places, or are replaced, are found, however much of the rest is computed anew"""
        log, folder = self.log(LARGE[:300])
        own = log.files()
        for name, change in {
            "swapped": lambda e: [e[1], e[0], *e[2:]],
            "swapped far": lambda e: [e[299], *e[1:299], e[0]],
            "replaced": lambda e: [*e[:280], Leaf(kind=HOLD).bytes(), *e[281:]],
            "removed": lambda e: e[:100] + e[101:],
        }.items():
            files = Log(change(LARGE[:300]), Key(KEY.name, 9)).files()
            for what in ("entries", "tile/0", "tile/"):
                with self.subTest(name=name, what=what):
                    shutil.rmtree(folder)
                    writer.write(folder, {**own, **{k: v for k, v in files.items() if what in k}})
                    self.verify(TAMPERED, "log", folder)
            shutil.rmtree(folder)
            writer.write(folder, files)
            self.assertIn(self.run_verify("log", folder, "--keys", self.keys)[0], (TAMPERED, INCOMPLETE))  # the order, or the key


class Consistency(Case):
    SIZES = (0, 1, 2, 3, 7, 8, 255, 256, 257, 300, 511, 512, 513, 65535, 65536, 65537, 70000)

    def test_sound(self):
        """verify: each head of a log is continued by each later one, and by no earlier one"""
        log = Log(LARGE, KEY)
        notes = {n: self.file(f"heads/{n}", log.checkpoint(n)) for n in self.SIZES}
        log.write(self.folder / "log")  # full tiles serve for partial ones
        for now in self.SIZES:
            shutil.copy(notes[now], self.folder / "log/checkpoint")
            if now < 70000:
                writer.write(self.folder / "log", {k: v for k, v in log.files(now).items() if k.startswith("tile")})
            for old in self.SIZES:
                with self.subTest(old=old, now=now):
                    self.verify(SOUND if old <= now else INCOMPLETE, "consistency", notes[old], self.folder / "log")

    def test_forks(self):
        """verify: a log that differs in one entry below the old head does not continue it, nor does another log"""
        log, folder = self.log(LARGE[:600])
        for old in (1, 2, 256, 300, 512, 599, 600):
            for at in {0, old // 2, old - 1}:
                with self.subTest(old=old, at=at):
                    fork = Log(LARGE[:at] + [Leaf(id=b"forged").bytes()] + LARGE[at + 1 : old], KEY)
                    note = self.file("old", fork.checkpoint())
                    self.verify(TAMPERED, "consistency", note, folder, saying="the log forks" if old == 600 else "are not those of")
        self.keys.write_text(KEY.verifier() + OTHER.verifier())
        note = self.file("old", Log(LARGE[:300], OTHER).checkpoint())
        self.verify(TAMPERED, "consistency", note, folder, saying="is the log")
        note = self.file("old", log.checkpoint(300, keys=[Key(KEY.name, 9)]))
        self.verify(INCOMPLETE, "consistency", note, folder)
        note = self.file("old", log.checkpoint(300))
        self.verify(SOUND, "consistency", note, folder)
        self.verify(INCOMPLETE, "consistency", note, folder, keys=False)
        self.file("log/checkpoint", log.checkpoint(keys=[Key(KEY.name, 9)]))
        self.verify(INCOMPLETE, "consistency", note, folder)

    def test_tiles(self):
        """verify: the hash tiles that connect two heads are needed, and each byte of them that is read matters"""
        log, folder = self.log(LARGE[:600])
        note = self.file("old", log.checkpoint(300))
        for name in ("tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"):
            with self.subTest(name=name):
                data = (folder / name).read_bytes()
                self.never_sound(folder / name, ((str(i), data[:i] + bytes([data[i] ^ 4]) + data[i + 1 :]) for i in range(0, len(data), 31)
                                                 if name != "tile/1/000.p/2" or i < 32), "consistency", note, folder)
                (folder / name).unlink()
                self.verify(INCOMPLETE, "consistency", note, folder, saying="is missing")
                (folder / name).write_bytes(data)


class Proofs(Case):
    def proof(self, log, index, extra=None):
        return self.file("a.tlog-proof", log.proof(index, extra)), self.file("a.leaf", log.entries[index])

    def test_sound(self):
        """verify: a proof of every leaf of small logs, and of some of large ones, is accepted, and no other leaf with it"""
        for n in (1, 2, 3, 4, 5, 7, 8, 9, 13, 256, 257, 70000):
            log = Log(LARGE[:n], KEY)
            for index in range(n) if n < 20 else (0, 1, 255, n - 1):
                with self.subTest(n=n, index=index):
                    proof, leaf = self.proof(log, index)
                    self.verify(SOUND, "proof", proof, leaf, saying=f"is entry {index} of the {n} of the log {KEY.name}")
                    if n > 1:
                        leaf.write_bytes(LARGE[(index + 1) % n])
                        self.verify(TAMPERED, "proof", proof, leaf, saying="does not prove")

    def test_fields(self):
        """verify: what a leaf says is printed readably, as text and as JSON"""
        entry = Leaf(kind=SCAN, id=b"a \x1b[2J\"\\", first=7, offset=9, mac=b"\xff", clock=2, policy=b"\xe2\x80\xae\xe4\xb8\x80")
        proof, leaf = self.proof(Log([entry.bytes()], KEY), 0, b"salt")
        text = self.verify(SOUND, "proof", proof, leaf, saying="2026-03-02T04:00:00.123Z")
        self.assertFalse([c for c in text if ord(c) < 32 and c != "\n"])
        found = json.loads(self.verify(SOUND, "proof", proof, leaf, "--json"))
        self.assertEqual(found["exit"], SOUND)
        self.assertEqual([f["kind"] for f in found["findings"]], ["note", "sound", "leaf"])
        said = found["findings"][2]["fields"]
        expected = {"kind": "scan", "id": 'a \\x1b[2J"\\x5c', "topic": "scans", "partition": "3", "offset": "9", "from": "7", "clock": "free",
                    "mac": "\\xff", "policy": "\\xe2\\x80\\xae\u4e00", "subject": entry.subject.hex(), "payload": entry.payload.hex(),
                    "received": "2026-03-02T04:00:00.456Z", "build": "b-1"}
        self.assertEqual({k: said.get(k) for k in expected}, expected)
        for ms in (-(2**63), -1, 2**63 - 1):
            proof, leaf = self.proof(Log([Leaf(time=ms, received=ms).bytes()], KEY), 0)
            self.verify(SOUND, "proof", proof, leaf, program=SANITIZED)

    def test_sm3(self):
        """verify: a leaf of version 2 says its SM3 between payload and time, one of version 1 has none"""
        entry = Leaf(version=2)
        proof, leaf = self.proof(Log([entry.bytes()], KEY), 0)
        said = json.loads(self.verify(SOUND, "proof", proof, leaf, "--json"))["findings"][1]["fields"]
        self.assertEqual((said["payload"], said["payload_sm3"]), (entry.payload.hex(), entry.payload_sm3.hex()))
        self.assertEqual(list(said)[3:6], ["payload", "payload_sm3", "time"])
        proof, leaf = self.proof(Log([Leaf().bytes()], KEY), 0)
        self.assertNotIn("payload_sm3", self.verify(SOUND, "proof", proof, leaf, "--json"))

    def test_swapped(self):
        """verify: the proof of another leaf, index, size or log, or a path that is longer or shorter, proves nothing"""
        log = Log(LARGE[:300], KEY)
        proof, leaf = self.proof(log, 5)
        text = proof.read_text()
        lines = text.splitlines(keepends=True)
        wrong = {
            "of another leaf": log.proof(4),
            "of another index": text.replace("index 5", "index 4"),
            "beyond the log": text.replace("index 5", "index 300"),
            "not canonical": text.replace("index 5", "index 05"),
            "shorter": "".join(lines[:2] + lines[3:]),
            "longer": "".join(lines[:3] + lines[2:]),
            "exchanged": "".join(lines[:2] + [lines[3], lines[2]] + lines[4:]),
            "of a smaller log": text[: text.index("\n\n") + 2] + log.checkpoint(299),
            "without a head": text[: text.index("\n\n") + 2],
            "without an empty line": text.replace("\n\n", "\n", 1),
            "of another version": text.replace("@v1", "@v2"),
            "with loose extra data": text.replace("index", "extra YQ\nindex"),
            "with no extra data": text.replace("index", "extra \nindex"),
            "nothing": "",
        }
        for name, changed in wrong.items():
            with self.subTest(name=name):
                proof.write_text(changed)
                self.verify(TAMPERED, "proof", proof, leaf)
        # A signed head with the root of one tree and the size of another, in which the path would be longer or shorter.
        for n, entry, claimed, index in ((8, 0, 4, 0), (8, 0, 16, 0), (8, 7, 16, 7), (5, 4, 9, 4), (2, 1, 1, 0), (4, 3, 2, 1)):
            with self.subTest(n=n, entry=entry, claimed=claimed, index=index):
                small = Log(LARGE[:n], KEY)
                head = small.text().replace(f"\n{n}\n", f"\n{claimed}\n")
                text = small.proof(entry).replace(f"index {entry}", f"index {index}")
                proof.write_text(text[: text.index("\n\n") + 2] + head + "\n" + KEY.signature(head))
                leaf.write_bytes(small.entries[entry])
                self.verify(TAMPERED, "proof", proof, leaf)
        leaf.write_bytes(LARGE[5])
        proof.write_text(Log(LARGE[:300], OTHER).proof(5))
        self.verify(INCOMPLETE, "proof", proof, leaf)
        for missing in (proof, leaf, self.keys):
            data = missing.read_bytes()
            missing.unlink()
            self.verify(INCOMPLETE, "proof", proof, leaf, saying=f"{missing} is missing")
            missing.write_bytes(data)


class Bytes(Case):
    def test_every_byte(self):
        """verify: no byte of an export, a proof and its leaf may be another one, none of them may end early"""
        rng = random.Random(SEED)
        log, folder = self.log([Leaf(id=b"", build=b"", policy=b"", kind=SCAN, first=i, offset=i).bytes() for i in range(3)])
        proof, leaf = self.file("a.tlog-proof", log.proof(1)), self.file("a.leaf", log.entries[1])
        self.verify(SOUND, "log", folder)
        self.verify(SOUND, "proof", proof, leaf)
        commands = {folder / name: ("log", folder) for name in log.files()} | {p: ("proof", proof, leaf) for p in (proof, leaf)}
        for path, command in commands.items():
            with self.subTest(path=path.relative_to(self.folder)):
                self.never_sound(path, flips(path.read_bytes(), rng), *command)
                self.never_sound(path, cuts(path.read_bytes()), *command)
                self.never_sound(path, [("more", path.read_bytes() + b) for b in (b"\n", b"\0", b"x\n")], *command)

    def test_unknown_signature(self):
        """verify: all that may change is a signature by a key that nobody gave"""
        log, folder = self.log(LARGE[:1])
        witness = Key("w", 9).signature(log.text())
        note = self.file("log/checkpoint", log.checkpoint(others=witness))
        data = note.read_bytes()
        start = data.index(witness.encode())
        for name, changed in flips(data, random.Random(SEED)):
            at = int(name.split()[1])
            note.write_bytes(changed)
            code, text = self.run_verify("log", folder, "--keys", self.keys)
            if not start <= at < start + len(witness.encode()):
                self.assertNotEqual(code, SOUND, f"{name}: {text}")

    def test_random_mutations(self):
        """verify: 100 random mutations of a log of three tiles, in the program with sanitizers"""
        print(f"seed {SEED}", flush=True)
        rng = random.Random(SEED)
        log, folder = self.log(LARGE[:260])
        files = log.files()
        for round_ in range(100):
            name = rng.choice(sorted(files))
            data = mutated(files[name], rng, files)
            if data == files[name]:
                continue
            (folder / name).write_bytes(data)
            code, text = self.run_verify("log", folder, "--keys", self.keys, program=SANITIZED)
            self.assertIn(code, (TAMPERED, INCOMPLETE), f"round {round_}, {name}: {text}")
            note = self.file("old", log.checkpoint(100))
            self.run_verify("consistency", note, folder, "--keys", self.keys, program=SANITIZED)
            (folder / name).write_bytes(files[name])

    def test_random_leaves(self):
        """verify: 100 random mutations of leaves that are signed, and of proofs, in the program with sanitizers"""
        rng = random.Random(SEED)
        for _ in range(100):
            entries = [mutated(e, rng, {}) for e in LARGE[:4]]
            log, folder = self.log(entries)
            self.run_verify("log", folder, program=SANITIZED)
            proof = self.file("a.tlog-proof", mutated(log.proof(2, b"x").encode(), rng, {}))
            self.run_verify("proof", proof, self.file("a.leaf", entries[2]), "--keys", self.keys, "--json", program=SANITIZED)
            shutil.rmtree(folder)


def mutated(data, rng, others):
    """One to three changes: bits, ranges that are cut, doubled, moved or random, a number, another file."""
    for _ in range(rng.randint(1, 3)):
        a, b = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
        part = data[a:b]
        data = rng.choice(
            [
                data[:a] + bytes(x ^ (1 << rng.randrange(8)) for x in data[a : a + 1]) + data[a + 1 :],
                data[:a] + data[b:],
                data[:b] + part + data[b:],
                data[:a] + data[b:] + part,
                data[:a] + rng.randbytes(len(part) or 1) + data[b:],
                data[:a] + rng.choice([b"\0", b"\n", b"\n\n", b"999999999999999999", b"\xff\xff"]) + data[a:],
                rng.choice([data, *others.values()]),
            ]
        )
    return data[:0xFFFF]


class Usage(Case):
    def test_usage(self):
        """verify: what is no command, and keys that are none, end with exit 3; --help explains"""
        _, folder = self.log(LARGE[:1])
        for args in ((), ("log",), ("log", folder, folder), ("consistency", folder), ("proof", folder, folder), ("check", folder), ("log", folder, "--keys"),
                     ("log", folder, "--frob"), ("log", folder, "--keys", self.keys, "--keys", self.keys)):
            self.verify(USAGE, *args, keys=False)
        code, text = self.run_verify("--help")
        self.assertEqual(code, 0)
        self.assertIn("consistency OLD_CHECKPOINT DIR", text)
        name, number, key = KEY.verifier().strip().split("+", 2)
        for wrong in ("x", f"{name}+{number}", f"+{number}+{key}", f"{name}+{number[:-1]}0+{key}", f"{name}x+{number}+{key}", f"{name}+{number}+{key[:-1]}",
                      f"{name}+{number.upper()}+{key}", f"{name} +{number}+{key}", f"{name}+{number}+{key[:-8]}", "\xff\x00"):
            self.keys.write_text(KEY.verifier() + wrong + "\n")
            self.verify(USAGE, "log", folder, saying="line 2")
        sm2 = Key(KEY.name, 5, b"\xffonecode SM2")
        self.keys.write_text(sm2.verifier() + "\n" + KEY.verifier())
        self.verify(SOUND, "log", folder)


if __name__ == "__main__":
    unittest.main()
