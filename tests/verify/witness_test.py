"""`onecode witness` as a log of writer.py meets it: over HTTP, with proofs and signatures that none of our code made. Would catch: a
cosignature that others do not accept, an answer that is not that of C2SP tlog-witness, a head that is forgotten when the process is
killed, and two witnesses with one memory."""

import base64
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest

from cryptography.hazmat.primitives.asymmetric import ed25519

from writer import Key, Log, Witness, leaves

ROOT = pathlib.Path(__file__).resolve().parents[2]
ONECODE = os.environ.get("ONECODE_BIN", str(ROOT / "build" / "release" / "onecode"))

KEY = Key("campus.example/onecode/3", 1)
OTHER = Key("campus.example/onecode/4", 2)
ENTRIES = leaves(40)


def forked(at, key=KEY):
    return Log(ENTRIES[:at] + [b"other"] + ENTRIES[at + 1 :], key)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="onecode-witness-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.logs = self.folder / "verifiers.txt"
        self.logs.write_text(KEY.verifier() + OTHER.verifier())
        self.key = self.folder / "witness.key"
        self.verifier = self.onecode("keys", "witness", self.key, "--name", "witness.example/w1").stdout
        self.process = None
        self.log = Log(ENTRIES, KEY)
        self.addCleanup(self.stop)

    def onecode(self, *words, code=0):
        done = subprocess.run([ONECODE, *map(str, words)], capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def command(self, *more):
        return [ONECODE, "witness", "--listen", "127.0.0.1:0", "--logs", self.logs, "--key", self.key, "--data", self.folder / "data", *more]

    def start(self, *more):
        self.process = subprocess.Popen([*map(str, self.command(*more))], stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:  # JSON, as it is no terminal
            found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found[1])
                threading.Thread(target=self.process.stderr.read, daemon=True).start()
                return
        self.fail(f"the witness ended: {self.process.wait()}")

    def stop(self, how=signal.SIGTERM):
        if self.process:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process.stderr.close()
            code, self.process = self.process.returncode, None
            return code

    def ask(self, body, method="POST", path="/add-checkpoint"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body.encode() if isinstance(body, str) else body)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.headers.get("Content-Type")
        finally:
            connection.close()

    def refused(self, status, body):
        code, text, kind = self.ask(body)
        self.assertEqual(code, status, text)
        return text, kind

    def cosigned(self, old, size, log=None):
        log = log or self.log
        code, body, _ = self.ask(log.add_checkpoint(old, size))
        self.assertEqual(code, 200, body)
        (line,) = body.splitlines()
        return self.checked(line, log.text(size))

    def checked(self, line, text):
        name, key_id, encoded = self.verifier.strip().split("+", 2)
        kind, public = base64.b64decode(encoded)[:1], base64.b64decode(encoded)[1:]
        self.assertEqual(kind, b"\4")
        dash, signer, data = line.split(" ")
        data = base64.b64decode(data, validate=True)
        self.assertEqual((dash, signer, data[:4].hex()), ("\u2014", name, key_id))
        seconds = int.from_bytes(data[4:12], "big")
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(data[12:], f"cosignature/v1\ntime {seconds}\n{text}".encode())
        return seconds


class Protocol(Case):
    def test_keys(self):
        """witness: its key is made once, private, and gives the verifier key again"""
        self.assertRegex(self.verifier, r"^witness\.example/w1\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+\n$")
        self.assertEqual(self.key.stat().st_mode & 0o777, 0o600)
        before = self.key.read_bytes()
        self.assertEqual(self.onecode("keys", "witness", self.key).stdout, self.verifier)
        self.onecode("keys", "witness", self.key, "--name", "another", code=3)
        self.assertEqual(self.key.read_bytes(), before)
        self.onecode("keys", "witness", self.folder / "new.key", "--name", "a b", code=2)
        self.onecode("keys", "witness", self.folder / "new.key", code=2)

    def test_cosigns(self):
        """witness: heads that go on from one another are cosigned, with the time; each log has its own memory"""
        self.start()
        for old, size in ((0, 1), (1, 1), (1, 7), (7, 8), (8, 40)):
            self.assertGreater(self.cosigned(old, size), 1_700_000_000)
        self.cosigned(0, 5, Log(ENTRIES, OTHER))
        code, text, _ = self.ask(b"", "GET", "/")
        self.assertEqual((code, text), (200, f"{self.verifier}\n{KEY.name} 40\n{OTHER.name} 5\n"))
        self.assertEqual(self.stop(), 0)

    def test_refuses(self):
        """witness: every refusal has the code that the protocol gives it, and changes nothing"""
        self.start()
        self.cosigned(0, 10)
        self.refused(400, "old ten\n\n" + self.log.checkpoint(20))
        self.refused(400, self.log.add_checkpoint(0, 10).replace("old 0", "old 11"))
        self.refused(400, b"\xff\xfe")
        self.refused(404, Log(ENTRIES, Key("nobody.example/log", 5)).add_checkpoint(0, 20))
        self.refused(403, Log(ENTRIES, Key(KEY.name, 5)).add_checkpoint(10, 20))
        for log, old, size in ((self.log, 0, 20), (self.log, 9, 20), (self.log, 5, 9), (forked(3), 10, 10)):
            self.assertEqual(self.refused(409, log.add_checkpoint(old, size)), ("10\n", "text/x.tlog.size"))
        self.refused(422, forked(3).add_checkpoint(10, 20))
        self.refused(422, self.log.add_checkpoint(10, 20, proof=[]))
        self.assertEqual(self.ask(b"", "GET")[0], 404)
        self.assertEqual(self.ask(b"x" * 100_000)[0], 413)
        self.cosigned(10, 20)
        # The head that contradicts one that was cosigned, signed by the log, is kept.
        kept = [p.read_text() for p in (self.folder / "data" / "contradictions").iterdir()]
        self.assertEqual(kept, [forked(3).checkpoint(10)])

    def test_crash(self):
        """witness: what it cosigned it knows after it was killed, and a memory that is damaged is none"""
        for size in (3, 10, 20):
            self.start()
            old = {3: 0, 10: 3, 20: 10}[size]
            self.assertEqual(self.refused(409, self.log.add_checkpoint(old + 1, size))[0], f"{old}\n") if old else None
            self.cosigned(old, size)
            self.stop(signal.SIGKILL)
        self.start()
        self.assertEqual(self.refused(409, forked(5).add_checkpoint(0, 30))[0], "20\n")
        self.refused(422, forked(5).add_checkpoint(20, 30))
        self.stop(signal.SIGKILL)
        (head,) = (self.folder / "data" / "heads").iterdir()
        for damaged in (b"", head.read_bytes()[:-10].replace(b"\n20\n", b"\nx\n")):
            head.write_bytes(damaged)
            done = self.onecode(*map(str, self.command()[1:]), code=3)
            self.assertIn(str(head), done.stderr)

    def test_one_writer(self):
        """witness: a second one of the same folder does not start, and does when the first has gone"""
        self.start()
        done = self.onecode(*map(str, self.command()[1:]), code=3)
        self.assertIn("another witness has this folder", done.stderr)
        self.stop(signal.SIGKILL)
        self.start()
        self.cosigned(0, 1)

    def test_race(self):
        """witness: of two branches that come at the same time one is cosigned"""
        self.start()
        self.cosigned(0, 10)
        requests = [log.add_checkpoint(10, size) for log in (self.log, forked(12)) for size in range(13, 40)]
        answers = [None] * len(requests)

        def go(i):
            answers[i] = self.ask(requests[i])[0]

        threads = [threading.Thread(target=go, args=(i,)) for i in range(len(requests))]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(sorted(answers), [200] + [409] * (len(requests) - 1))

    def test_usage(self):
        """witness: keys that are none and logs that nobody has are told at the start"""
        start = [str(word) for word in self.command()[1:]]
        self.logs.write_text(KEY.verifier() + "nothing\n")
        self.assertIn(f"{self.logs}:2: ", self.onecode(*start, code=3).stderr)
        self.logs.write_text("")
        self.assertIn(str(self.logs), self.onecode(*start, code=3).stderr)
        self.logs.write_text(KEY.verifier())
        self.key.write_text(KEY.verifier())
        self.assertIn(str(self.key), self.onecode(*start, code=3).stderr)
        self.onecode("witness", "--logs", self.logs, code=2)

    def test_origin(self):
        """witness: --origin leaves the other logs out"""
        self.start("--origin", KEY.name)
        self.cosigned(0, 2)
        self.refused(404, Log(ENTRIES, OTHER).add_checkpoint(0, 2))


class Reports(Case):
    def test_audit_verify(self):
        """witness: audit verify tells who cosigned and when, and wants as many as it is told"""
        folder = self.folder / "evidence" / "3"
        self.log.write(folder)
        text, one, two = self.log.text(), Witness("w.example/1", 11), Witness("w.example/2", 12)
        note = folder / "checkpoint"
        keys = self.folder / "keys"

        def verify(code, known, lines, *more):
            keys.write_text("".join(k.verifier() for k in known))
            note.write_text(self.log.checkpoint(others="".join(lines)))
            return self.onecode("audit", "verify", self.folder / "evidence", "--keys", keys, *more, code=code).stdout

        lines = [one.cosignature(text), two.cosignature(text, 1772424060)]
        self.assertNotIn("witnessed", verify(0, [KEY], lines))
        self.assertIn("witnessed by w.example/1 at 2026-03-02T12:00:00.000+08:00\n", verify(0, [KEY, one], lines, "--witnesses", "1"))
        found = json.loads(verify(0, [KEY, one, two], lines, "--witnesses", "2", "--json"))[0]
        self.assertEqual([w["name"] for w in found["witnesses"]], ["w.example/1", "w.example/2"])
        self.assertIn("2 witnesses are wanted", verify(2, [KEY, one], lines, "--witnesses", "2"))
        verify(2, [KEY, one, Witness("w.example/again", 11)], lines, "--witnesses", "2")
        verify(2, [one, two], lines, "--witnesses", "2")
        self.assertIn("the cosignature by w.example/1", verify(1, [KEY, one], [one.cosignature(self.log.text(3))]))
        same = Witness(KEY.name, 1)
        verify(2, [same], [same.cosignature(text)])  # a witness's key is none of a log
        self.assertIn(f"{OTHER.name} incomplete: there is a key for it", verify(2, [KEY, OTHER], []))
        found = json.loads(verify(2, [KEY, OTHER], [], "--json"))
        self.assertEqual([(log["log"], log["is"]) for log in found], [(KEY.name, "sound"), (OTHER.name, "incomplete")])


if __name__ == "__main__":
    unittest.main()
