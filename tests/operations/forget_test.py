"""A person is forgotten, and pseudonyms change, on a real Kafka by the verbs that an operator types. Would catch: a payload, a name or a
state of the forgotten that somebody can still read, one of somebody else that nobody can; a proof or a log that forgetting spoils; one
person who forgets alone, or forgets who is held, accused or in debt; a table of pseudonyms that one share opens."""

import datetime
import hashlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = os.environ.get("ONECODE_BIN", str(ROOT / "build/release/onecode"))
VERIFY = os.environ.get("ONECODE_VERIFY", str(pathlib.Path(BIN).parent / "onecode-verify"))
BROKERS = os.environ.get("ONECODE_TEST_KAFKA")
PATIENCE = 60
ORIGIN = "campus.example/onecode"
ROLES = ("registrar", "information-centre", "integration-owner", "security-officer")


class Cluster:
    """Topics of its own, a node that keeps logs, and the people who give commands: one key for each, and `both` in two roles."""

    def __init__(self, name):
        self.held = tempfile.TemporaryDirectory(prefix=f"onecode-{name}-")
        self.folder = pathlib.Path(self.held.name)
        self.prefix = f"{name}-{os.getpid()}."
        self.node, self.sent, self.numbers = None, 0, {}
        public = {who: json.loads(self.run("keys", "new", "--json", "--out", self.key(who))) for who in ("office", "reg", "centre", "auditor")}
        self.run("keys", "evidence", self.folder / "secrets", "--origin", ORIGIN, "--partitions", 2, "--out", self.folder / "verifiers.txt")
        self.run("keys", "archive", self.folder / "archive-secrets")
        shutil.copy(self.folder / "secrets/evidence", self.folder / "archive-secrets/evidence")
        (self.folder / "token").write_text("a token for the tests alone\n")
        self.config = self.folder / "node.toml"
        self.config.write_text(
            f'[node]\nid = "n1"\ndata_dir = "{self.folder}/data"\n'
            f'[kafka]\nbrokers = "{BROKERS}"\nprefix = "{self.prefix}"\ngroup = "{self.prefix}engine"\n'
            f'[http]\nlisten = "127.0.0.1:{free_port()}"\ntoken_file = "{self.folder}/token"\n[secrets]\ndir = "{self.folder}/secrets"\n[evidence]\norigin = "{ORIGIN}"\n'
            f'[[trust.root]]\nkey = "{public["office"]["key"]}"\nalg = "ed25519"\npublic = "{public["office"]["public"]}"\n')
        self.run("topics", "create", "--partitions", 2, "--config", self.config)
        # One person has two roles: for this rule it is the person who counts, not the key or the role.
        keys = {"registrar": ["office", "reg"], "information-centre": ["office", "reg", "centre"]}
        (self.folder / "policy.json").write_text(json.dumps({
            "version": "test-1", "effective_from": "2026-01-01T00:00:00+08:00",
            "retention": {"account_days": 0, "case_days": 30},
            "trust": {"roles": {role: [{**public[k], "alg": "ed25519"} for k in keys.get(role, ["office"])] for role in ROLES}},
            "zones": {"z-1": {"lat": 29.36, "lon": 113.12, "building": "b-1", "campus": "c-1"}}}))
        self.run("policy", "publish", self.folder / "policy.json", "--key", self.key("office"), "--config", self.config)
        self.start()
        plan = {word: "test" for word in ("purpose", "architecture", "data_security", "expected_effect")}
        self.send(("integration.adopt", "gates", "information-centre",
                   {"unit": "logistics", "plan": plan, "manifest": {"functions": ["access"], "devices": ["d-1"], "zones": ["z-1"]}}),
                  ("device.register", "d-1", "information-centre", {"serial": "s-1", "model": "m", "integration": "gates"}),
                  ("device.certify", "d-1", "information-centre", {"certificate": "c", "valid_to": "2090-01-01T00:00:00+08:00"}),
                  ("device.install", "d-1", "integration-owner",
                   {"integration": "gates", "zone": "z-1", "position": {"lat": 29.36, "lon": 113.12, "accuracy_m": 5},
                    "network": {"vlan": "1"}, "kind": "fixed"}))
        self.command("device.activate", "d-1", "integration-owner")

    def close(self):
        self.stop()
        self.held.cleanup()

    def key(self, who):
        return self.folder / f"{who}.key.json"

    def tried(self, *arguments, program=BIN):
        return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=PATIENCE)

    def run(self, *arguments, code=0, program=BIN):
        done = self.tried(*arguments, program=program)
        if done.returncode != code:
            raise AssertionError(f"{' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stderr}{done.stdout}")
        return done.stdout

    def start(self):
        with open(self.folder / "node.log", "ab") as log:
            self.node = subprocess.Popen([BIN, "run", "--config", str(self.config)], stdout=log, stderr=log)

    def stop(self):
        if self.node:
            self.node.terminate()
            if self.node.wait(PATIENCE) != 0:
                raise AssertionError((self.folder / "node.log").read_text())
            self.node = None

    def publish(self, topic, key, event, *more):
        file = self.folder / "event.ndjson"
        file.write_text(json.dumps({"topic": topic, "key": key, "value": event}) + "\n")
        self.run("publish", file, "--config", self.config, *more)

    def event(self, kind, data):
        self.sent += 1
        return {"specversion": "1.0", "id": f"e-{self.sent}", "source": "/test", "type": f"onecode.{kind}.v1", "time": now(), "data": data}

    def send(self, *commands):
        """Without waiting for what becomes of them."""
        for name, target, role, arguments in commands:
            event = self.event("command", {"command": name, "target": target, "args": arguments, "actor": {"id": "office", "role": role},
                                           "issued_at": now(), "nonce": f"n-{self.sent + 1}", "reason": "test"})
            self.publish("commands", target, event, "--sign", self.key("office"))

    def command(self, name, target, role, *arguments, actor="office"):
        words = [word for argument in arguments for word in ("--arg", argument)]
        return self.run("command", name, "--target", target, "--actor", actor, "--role", role, "--key", self.key("office"), "--reason", "test",
                        "--wait", PATIENCE, "--config", self.config, *words)

    def open(self, *accounts):
        for account in accounts:
            self.command("account.open", account, "registrar", "category=student", "valid_from=2026-01-01T00:00:00+08:00")

    def shown(self, account):
        """The code is shown at the door; (id of the scan, its decision)."""
        self.numbers["d-1"] = self.numbers.get("d-1", 0) + 1
        event = self.event("scan", {"device": "d-1", "boot": 1, "seq": self.numbers["d-1"], "account": account, "function": "access",
                                    "auth": "present", "outcome": "accepted", "integration": "gates"})
        self.publish("scans", "d-1", event)
        return event["id"], self.await_record("decisions", lambda e: e["data"]["scan"]["id"] == event["id"])

    def await_record(self, topic, wanted):
        tail = subprocess.Popen([BIN, "tail", topic, "--from-beginning", "--config", str(self.config)], stdout=subprocess.PIPE, text=True)
        watch = threading.Timer(PATIENCE, tail.kill)
        watch.start()
        try:
            for line in tail.stdout:
                event = json.loads(line)["value"]
                if event and wanted(event):
                    return event
        finally:
            watch.cancel()
            tail.kill()
            tail.communicate()
        raise AssertionError(f"{topic}: it did not come")

    def topic(self, name):
        lines = self.run("tail", name, "--from-beginning", "--until-end", "--config", self.config).splitlines()
        return [event for line in lines if (event := json.loads(line)["value"])]

    def export(self, *records):
        """Until these are in: a head is signed at least once a second."""
        deadline = time.monotonic() + PATIENCE
        left = list(records)
        while True:
            self.run("audit", "export", "--out", self.folder / "evidence", *self.archive(), "--config", self.config)
            left = [r for r in left if self.tried("audit", "prove", r, self.folder / "evidence", *self.archive(), "--json").returncode != 0]
            if not left:
                return
            if time.monotonic() > deadline:
                raise AssertionError(f"not in the log: {left}")

    def archive(self):
        return ["--archive", self.folder / "archive", "--secrets", self.folder / "archive-secrets"]

    def forget(self, account, *more, who="reg", actor="reg-1", code=0):
        done = self.tried("privacy", "forget", account, "--actor", actor, "--key", self.key(who), "--reason", "has left, asks for it",
                          "--wait", PATIENCE, "--config", self.config, *more)
        if done.returncode != code:
            raise AssertionError(f"exit {done.returncode}\n{done.stderr}{done.stdout}")
        return done.stdout + done.stderr

    def sound(self):
        """Each log, whole, by both verifiers."""
        evidence = self.folder / "evidence"
        told = json.loads(self.run("audit", "verify", evidence, "--keys", self.folder / "verifiers.txt", "--json"))
        if {log["is"] for log in told} != {"sound"}:
            raise AssertionError(told)
        self.run("log", evidence, "--keys", self.folder / "verifiers.txt", program=VERIFY)

    def prove(self, record):
        """What the exporter says of a record, once the second verifier has judged its proof; (…, payload, subject) where there."""
        at = self.folder / "proofs" / record.replace("/", "_")
        at.parent.mkdir(exist_ok=True)
        leaves = json.loads(self.run("audit", "prove", record, self.folder / "evidence", *self.archive(), "--out", at))
        self.run("proof", f"{at}.tlog-proof", f"{at}.leaf", "--keys", self.folder / "verifiers.txt", program=VERIFY)
        read = [file.read_bytes() if file.exists() else None for file in (at.with_name(at.name + ".payload"), at.with_name(at.name + ".subject"))]
        for file in at.parent.glob(at.name + ".*"):
            file.unlink()
        return leaves[0], *read

    def bundle(self, what, out):
        """Packs, and lets both verifiers judge."""
        told = json.loads(self.run("audit", "bundle", what, self.folder / "evidence", *self.archive(), "--sign", self.key("auditor"),
                                   "--name", "campus.example/auditor", "--keys", self.folder / "verifiers.txt", "--out", out, "--json"))
        trusted = self.folder / "trusted.txt"
        trusted.write_text((self.folder / "verifiers.txt").read_text() + told["verifier"] + "\n")
        self.run("audit", "verify", out, "--keys", trusted)
        self.run("bundle", out, "--keys", trusted, program=VERIFY)
        return told


def now():
    return datetime.datetime.now().astimezone().isoformat(timespec="milliseconds")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@unittest.skipUnless(BROKERS, "no Kafka: ONECODE_TEST_KAFKA is not set")
class Forget(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster("forget")
        cls.addClassCleanup(cls.cluster.close)

    def refused(self, told, *words):
        for word in words:
            self.assertIn(word, told)

    def test_forgotten(self):
        """two people forget one of two accounts: nothing of it can be read, everything is still proven, the other one has everything"""
        c = self.cluster
        c.open("a-gone", "a-stays")
        gone, stays = [c.shown("a-gone") for _ in range(2)], [c.shown("a-stays") for _ in range(2)]
        for _, decision in gone + stays:
            self.assertEqual(decision["data"]["verdict"], "allow", decision)
        c.export(*[record for scan, decision in gone + stays for record in (scan, decision["id"])])
        heads = {}
        for log in sorted((c.folder / "evidence").glob("*/checkpoint")):
            heads[log] = c.folder / f"head-{log.parent.name}"
            shutil.copy(log, heads[log])

        c.run("privacy", "export", "a-gone", *c.archive(), "--out", c.folder / "theirs", "--purpose", "asked at the counter")
        records = [json.loads(line) for line in (c.folder / "theirs/records.ndjson").read_text().splitlines()]
        self.assertLessEqual({e for e, _ in gone} | {d["id"] for _, d in gone}, {r["id"] for r in records})
        self.assertNotIn("a-stays", (c.folder / "theirs/records.ndjson").read_text())
        page = (c.folder / "theirs/data.html").read_text()
        for word in ("a-gone", "您的数据", "All records about this account"):
            self.assertIn(word, page)

        # A proposal, and nobody who confirms their own.
        self.refused(c.forget("a-gone", code=1), "ILLEGAL_TRANSITION")  # it is in use
        c.command("account.close", "a-gone", "registrar")
        self.assertIn("Another person confirms it", c.forget("a-gone"))
        self.refused(c.forget("a-gone", "--confirm", *c.archive(), code=1), "SAME_PERSON")
        for scan, _ in gone:
            self.assertEqual(c.prove(scan)[0]["text"], "there")
        late = c.shown("a-gone")  # nobody has archived it when its person is forgotten
        told = c.forget("a-gone", "--confirm", *c.archive(), who="centre", actor="ic-1")
        self.assertIn("keys destroyed: a-gone", told)
        self.assertIn("is another secret now", told)
        self.assertIn("nobody else was forgotten", c.run("privacy", "forget", "--finish", *c.archive(), "--reason", "x", "--config", c.config))
        for file in ("archive/archive.db", "archive/keys.db", "archive-secrets/evidence"):
            self.assertNotIn(b"a-gone", (c.folder / file).read_bytes(), file)

        # The operation itself is on record: both commands with their authors, the notice, what was destroyed.
        told = [n for n in c.topic("notices") if n["data"]["kind"] == "account-forgotten" and n["data"]["about"] == "a-gone"]
        self.assertEqual(len(told), 1)
        destroyed = json.loads(c.run("privacy", "destroyed", *c.archive(), "--json"))
        self.assertIn(told[0]["id"], [d["why"] for d in destroyed])
        commands = {(e["data"]["command"], e["data"]["actor"]["id"]): e["id"] for e in c.topic("commands")
                    if e["data"]["target"] == "a-gone" and e["data"]["command"].startswith("account.forget.")}
        proposed, refused, confirmed = (commands[f"account.forget.{step}", who] for step, who in (("propose", "reg-1"), ("confirm", "reg-1"), ("confirm", "ic-1")))
        c.export(late[0], late[1]["id"], confirmed)
        for command, actor in ((proposed, "reg-1"), (refused, "reg-1"), (confirmed, "ic-1")):
            leaf, payload, _ = c.prove(command)
            self.assertEqual((leaf["kind"], json.loads(payload)["data"]["actor"]["id"]), ("command", actor))

        # No payload and no name of the forgotten, and each proof.
        for scan, decision in gone + [late]:
            for record in (scan, decision["id"]):
                leaf, payload, subject = c.prove(record)
                self.assertEqual((leaf["text"], payload, subject), ("erased", None, None), record)
        for scan, decision in stays:
            for record in (scan, decision["id"]):
                leaf, payload, subject = c.prove(record)
                self.assertEqual((leaf["text"], hashlib.sha256(payload).hexdigest()), ("there", leaf["payload"]))
                self.assertTrue(subject.endswith(b" a-stays\n") or subject.endswith(b" a-stays"), subject)
        told = c.bundle(gone[0][0], c.folder / "bundle-of-one")
        self.assertEqual((told["records"], told["texts"], told["erased"]), (1, 0, 1))
        done = c.tried("audit", "bundle", "account:a-gone", c.folder / "evidence", *c.archive(), "--sign", c.key("auditor"), "--out", c.folder / "none")
        self.assertEqual(done.returncode, 3)
        self.assertIn("nothing can be read of account a-gone: there is nothing, or its keys were destroyed", done.stderr)
        told = c.bundle("account:a-stays", c.folder / "bundle-of-other")
        self.assertEqual((told["records"], told["erased"]), (told["texts"], 0))
        self.assertGreaterEqual(told["records"], 5)
        done = c.tried("privacy", "export", "a-gone", *c.archive(), "--out", c.folder / "nothing")
        self.assertEqual((done.returncode, "the keys were destroyed" in done.stderr), (1, True), done.stderr)
        state = json.loads(c.run("state", "account", "a-gone", "--config", c.config, "--json"))
        self.assertIn("forgotten", json.dumps(state))
        self.assertNotIn("d-1", json.dumps(state))

        # The nodes get the secret that knows a-gone no more, and both codes are shown again.
        c.stop()
        shutil.copy(c.folder / "archive-secrets/evidence", c.folder / "secrets/evidence")
        c.start()
        for _ in range(2):
            _, decision = c.shown("a-gone")
            self.assertEqual((decision["data"]["verdict"], decision["data"]["reasons"]), ("deny", ["ACCOUNT_UNKNOWN"]))
            scan, decision = c.shown("a-stays")
            self.assertEqual(decision["data"]["verdict"], "allow", decision)
        c.stop()  # signs what it has
        c.export()
        c.sound()
        for log, head in heads.items():
            c.run("audit", "verify", c.folder / "evidence", "--keys", c.folder / "verifiers.txt", "--since", head)
            c.run("consistency", head, log.parent, "--keys", c.folder / "verifiers.txt", program=VERIFY)
        self.assertEqual(c.prove(scan)[0]["text"], "there")
        for scan, _ in gone:
            self.assertEqual(c.prove(scan)[0]["text"], "erased")
        # A replay with the secret of today makes other leaves for whom it knows no more, and nothing else.
        done = c.tried("state", "verify", "--config", c.config)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        for line in done.stdout.splitlines()[1:]:
            self.assertRegex(line, "^different: evidence of [01]: [0-9]+ committed, as in the replay, with other content$")
        c.start()

        told = json.loads(c.run("audit", "access", c.folder / "archive/access.ndjson", "--json"))
        self.assertEqual(told["wrong"], [])
        self.assertIn(("privacy export", "a-gone", "asked at the counter"), {(r["verb"], r.get("subject"), r.get("purpose")) for r in told["records"]})
        told = json.loads(c.run("audit", "access", c.folder / "access.ndjson", "--json"))  # beside the export
        self.assertEqual(told["wrong"], [])
        self.assertIn(gone[0][0], {r.get("record") for r in told["records"] if r["verb"] == "audit prove"})
        self.assertRegex((c.folder / "node.log").read_text(), r"access +state asked for .*subject=a-gone")

    def test_kept(self):
        """nobody is forgotten while a hold, a case, a debt or a duty to keep is open, and the answer names it; nor one of whom it came up since"""
        c = self.cluster
        c.open("a-held", "a-accused", "a-debtor", "a-liable", "a-since")
        c.command("account.freeze", "a-held", "security-officer", "article=protective")
        c.command("case.open", "a-accused", "security-officer", "case=case-1", "act=lend")
        c.publish("ledger", "a-debtor", c.event("ledger", {"account": "a-debtor", "posting": "p-1", "kind": "charge", "amount": 700,
                                                           "integration": "gates", "cause": "outage"}))
        c.await_record("freezes", lambda e: e["data"]["account"] == "a-debtor" and e["data"]["holds"])
        c.command("case.open", "a-liable", "security-officer", "case=case-3", "act=lend")
        c.command("liability.record", "a-liable", "information-centre", "case=case-3", "party=a-liable", "amount=100", "text_ref=claim-1")
        for account, why in (("a-held", "a protective hold that was not lifted"), ("a-accused", "the case case-1 is not decided"),
                             ("a-debtor", "a debt of 700 fen under Article 10 is outstanding"), ("a-liable", "its cases and claims are kept until")):
            c.command("account.close", account, "registrar")
            self.refused(c.forget(account, code=1), "ILLEGAL_TRANSITION", why)
        c.command("account.lift", "a-held", "security-officer", "article=protective")
        c.forget("a-held")

        c.command("account.close", "a-since", "registrar")
        c.forget("a-since")
        c.command("case.open", "a-since", "security-officer", "case=case-2", "act=lend")
        self.refused(c.forget("a-since", "--confirm", *c.archive(), who="centre", actor="ic-1", code=1), "the case case-2 is not decided")
        self.assertIn("case-2", json.dumps(json.loads(c.run("state", "account", "a-since", "--config", c.config, "--json"))))

    def test_finished_later(self):
        """confirmed elsewhere, by a command: --finish destroys the keys, and so does the next export"""
        c = self.cluster
        c.open("a-later", "a-export")
        for account, ends in (("a-later", "--finish"), ("a-export", "the export")):
            scan, _ = c.shown(account)
            c.export(scan)
            self.assertEqual(c.prove(scan)[0]["text"], "there")
            c.command("account.close", account, "registrar")
            c.command("account.forget.propose", account, "registrar")
            c.command("account.forget.confirm", account, "information-centre", actor="another")
            if ends == "--finish":
                told = json.loads(c.run("privacy", "forget", "--finish", *c.archive(), "--config", c.config, "--json"))
                self.assertIn(account, told["forgotten"])
            else:
                self.assertIn("is another secret now", c.tried("audit", "export", "--out", c.folder / "evidence", *c.archive(), "--config", c.config).stderr)
            self.assertEqual(c.prove(scan)[0]["text"], "erased", account)

    def test_pseudonyms(self):
        """epochs: new pseudonyms by commands, a table that two shares open and one does not, a hold that is not shaken off"""
        c = self.cluster
        people = c.folder / "people.csv"
        people.write_text("person,category,valid_to,handset\np-1,student,2090-01-01T00:00:00+08:00,h-1\np-2,staff,,\np-3,student,,\n")

        def epoch(name, *more):
            told = json.loads(c.run("privacy", "epoch", name, "--people", people, "--actor", "reg-1", "--key", c.key("reg"), "--out", c.folder / name,
                                    "--config", c.config, "--json", *more))
            c.run("publish", c.folder / name / "commands.ndjson", "--config", c.config)
            # A command that has a leaf was carried out in the same turn.
            c.export(*[json.loads(line)["value"]["id"] for line in (c.folder / name / "commands.ndjson").read_text().splitlines()])
            return told

        def linked(name, who, *shares, code=0):
            done = c.tried("privacy", "link", who, "--linkage", c.folder / name / "linkage.json", *[w for s in shares for w in ("--share", s)],
                           "--purpose", "case 7", "--json")
            self.assertEqual(done.returncode, code, done.stderr + done.stdout)
            return json.loads(done.stdout) if code == 0 else done.stderr

        told = epoch("spring")
        self.assertEqual((told["opened"], told["moved"]), (3, 0))
        spring = [c.folder / "spring/share-1", c.folder / "spring/share-2"]
        names = {p: linked("spring", p, *spring)["account"] for p in ("p-1", "p-2", "p-3")}
        self.assertEqual(linked("spring", names["p-2"], *spring)["person"], "p-2")
        self.assertIn("two people", linked("spring", "p-1", spring[0], code=2))
        linked("spring", "p-1", spring[0], spring[0], code=3)
        linked("spring", "p-9", *spring, code=1)
        for name in names.values():
            self.assertNotIn(name, (c.folder / "spring/linkage.json").read_text())
        for name in names.values():
            self.assertEqual(c.shown(name)[1]["data"]["verdict"], "allow")

        c.command("account.freeze", names["p-3"], "security-officer", "article=8")
        told = epoch("autumn", "--linkage", c.folder / "spring/linkage.json", "--share", spring[0], "--share", spring[1])
        self.assertEqual((told["moved"], told["kept"], told["opened"]), (2, 1, 0))
        autumn = [c.folder / "autumn/share-1", c.folder / "autumn/share-2"]
        after = {p: linked("autumn", p, *autumn)["account"] for p in names}
        self.assertEqual(after["p-3"], names["p-3"])
        self.assertFalse({after["p-1"], after["p-2"]} & set(names.values()))
        linked("autumn", "p-1", *spring, code=3)
        for p in ("p-1", "p-2"):
            self.assertEqual(c.shown(names[p])[1]["data"]["verdict"], "deny")
            self.assertEqual(c.shown(after[p])[1]["data"]["verdict"], "allow")
        self.assertEqual(c.shown(after["p-3"])[1]["data"]["verdict"], "deny")
        for name in ("spring", "autumn"):
            told = json.loads(c.run("audit", "access", c.folder / name / "access.ndjson", "--json"))
            self.assertEqual(told["wrong"], [])
            self.assertEqual({(r["verb"], r["purpose"]) for r in told["records"]}, {("privacy link", "case 7")})
            for word in ("p-1", *names.values()):
                self.assertNotIn(word, (c.folder / name / "access.ndjson").read_text())
        for topic in ("commands", "decisions", "notices", "freezes"):
            text = json.dumps(c.topic(topic))
            for p in names:
                self.assertNotIn(f'"{p}"', text, topic)


if __name__ == "__main__":
    unittest.main()
