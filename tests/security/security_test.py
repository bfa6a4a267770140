"""Kafka as in production: every cell of the table of roles is tried on a broker that enforces it, the engine lives on what
the table gives it, and whoever lacks something is told what. Would catch a right too many or too few in
deploy/kafka/roles.toml, an ACL that acls.py words wrongly, a part of the engine that begins to need more, a password in
an output, and an error that leaves people guessing."""

import concurrent.futures
import json
import os
import re
import signal
import subprocess
import tempfile
import unittest

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from secured_kafka import (ACLS, BIN, GROUP, PATIENCE, PREFIX, ROLES, ROOT, SILENT, TOPICS, Certificates, SecuredKafka, error_of, joins,
                           onecode, ran, reads, writes)

DENIED = "TOPIC_AUTHORIZATION_FAILED"
SCAN = {"specversion": "1.0", "id": "1", "source": "/gw", "type": "onecode.scan.v1", "time": "2026-03-02T12:00:00.000+08:00",
        "data": {"device": "d-1", "seq": 1, "account": "a-1", "function": "access", "auth": "present", "direction": "in"}}


class Table(unittest.TestCase):
    maxDiff = None

    def test_topics(self):
        """roles: the table names the topics of the engine, the inputs of a node are what it may read, and each topic has its one class of writer"""
        source = (ROOT / "domain/topics.hpp").read_text(encoding="utf-8")
        rows = re.findall(r'\{Topic::\w+, "([a-z-]+)", \w+, \w+, (\w+), \w+, "([^"]+)"\}', source)
        self.assertEqual({name for name, _, _ in rows}, set(TOPICS))
        writers = {"engine": {"engine"}, "device gateways": {"gateway"}, "code issuer": {"issuer"}, "payment system": {"payment"},
                   "campus API gateway": {"data-platform"}, "information centre": {"information-centre"},
                   "people and campus systems": {"officer", "information-centre"}}
        for name, read_by_group, writer in rows:
            self.assertEqual({r for r, role in ROLES.items() if name in role.get("write", [])}, writers[writer], name)
            if read_by_group == "true":
                self.assertIn(name, ROLES["engine"]["read"])
        for role in ROLES.values():
            self.assertLessEqual({*role.get("read", []), *role.get("write", []), *role.get("trim", [])}, set(TOPICS))

    def test_documents(self):
        """roles: docs/kafka-security.md has the table as acls.py prints it"""
        document = (ROOT / "docs/kafka-security.md").read_text(encoding="utf-8")
        self.assertIn(ran(ACLS, "--table").stdout, document)

    def test_dry_run(self):
        """acls.py: without --apply it prints, for the principals, prefix and group that were asked for"""
        lines = ran(ACLS, "--role", "gateway", "--principal", "gateway=User:gw-1", "--principal", "gateway=User:gw-2", "--prefix", "p.",
                    "--bootstrap-server", "k:1").stdout.splitlines()
        self.assertEqual(lines[1:], [
            f"kafka-acls.sh --bootstrap-server k:1 --add --allow-principal User:gw-{n} --operation Read"
            f" --topic p.decisions --topic p.freezes --topic p.device-status --group gw-{n}" for n in (1, 2)
        ] + ["kafka-acls.sh --bootstrap-server k:1 --add --allow-principal User:gw-1 --allow-principal User:gw-2 --operation Write"
             " --topic p.scans --topic p.device-reports"])
        for wrong, word in (("gatewy=User:x", "no role"), ("gateway=x", "ROLE=User:NAME"), ("gateway=User:onecode", "engine's")):
            result = ran(ACLS, "--principal", wrong, check=False)
            self.assertEqual((result.returncode, word in result.stderr), (1, True), result.stderr)


class Secured(unittest.TestCase):
    """On the broker. The parts build on each other, so they are steps of one test case each, in this order."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.kafka = SecuredKafka()
        cls.addClassCleanup(cls.kafka.close)
        cls.kafka.acls("--apply")

    def client(self, role, **more):
        return self.kafka.client(f"onecode-{role}", **more)

    def refused(self, code, words, *arguments, **more):
        """The verb ends soon with this exit code, in one sentence that has these words."""
        result = onecode(*arguments, check=False, **more)
        last = result.stderr.strip().splitlines()[-1]
        self.assertEqual(result.returncode, code, result.stderr)
        for word in words:
            self.assertIn(word, last)
        for password in self.kafka.passwords.values():
            self.assertNotIn(password, result.stdout + result.stderr)

    def test_1_acls(self):
        """acls.py: after --apply the broker has the table and nothing else; what is missing or too much is named"""
        result = self.kafka.acls("--check")
        self.assertEqual(result.stdout, "the broker has what the table says\n")
        result = self.kafka.acls("--check", "--principal", "payment=User:till", check=False)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stdout, f"missing: User:till WRITE TOPIC {PREFIX}ledger LITERAL\n"
                                        f"not in the table: User:onecode-payment WRITE TOPIC {PREFIX}ledger LITERAL\n")

    def test_2_engine(self):
        """security: the engine decides the scan of a gateway; both have no more than their rights"""
        administrator = self.kafka.config("administrator")
        self.assertIn("right settings", onecode("topics", "create", "--partitions", 2, "--config", administrator).stdout)
        config = self.kafka.config("engine")
        with open(self.kafka.folder / "engine.log", "wb") as log:
            engine = subprocess.Popen([BIN, "run", "--config", str(config)], stdout=log, stderr=log)
        self.addCleanup(engine.wait)
        self.addCleanup(engine.kill)
        events = self.kafka.folder / "scan.ndjson"
        events.write_text(json.dumps({"topic": "scans", "key": "d-1", "value": SCAN}))
        onecode("publish", events, "--config", self.kafka.config("gateway"))
        decided = onecode("tail", "decisions", "--from-beginning", "--max", 1, "--config", self.kafka.config("app")).stdout
        self.assertEqual(json.loads(decided)["value"]["data"]["scan"], {"source": "/gw", "id": "1"})
        engine.send_signal(signal.SIGTERM)
        self.assertEqual(engine.wait(PATIENCE), 0, (self.kafka.folder / "engine.log").read_text())
        auditor = self.kafka.config("auditor")
        self.assertEqual(json.loads(onecode("state", "verify", "--json", "--config", auditor).stdout)["differences"], [])
        self.assertIn("right settings", onecode("topics", "check", "--config", self.kafka.config("monitoring")).stdout)

    def test_3_refusals(self):
        """security: whoever lacks a right is told who, which right and on what; nobody waits for it"""
        events = self.kafka.folder / "command.ndjson"
        events.write_text('{"topic":"commands","key":"d-1","value":{}}\n')
        gateway, app, auditor = (self.kafka.config(role) for role in ("gateway", "app", "auditor"))
        who = "User:onecode-gateway lacks the right"
        self.refused(3, [DENIED, f"{who} Write on topic campus.commands"], "publish", events, "--config", gateway)
        self.refused(3, ["onecode-auditor lacks the right Write on topic campus.commands"], "publish", events, "--config", auditor)
        self.refused(3, [DENIED, f"{who} Read on topic campus.scans"], "tail", "scans", "--from-beginning", "--config", gateway)
        self.refused(3, [DENIED, "onecode-app lacks the right Describe on topic campus.alerts"], "tail", "alerts", "--config", app)
        self.refused(3, [DENIED, f"{who} Describe on topic campus.policy"], "policy", "show", "--config", gateway)
        self.refused(3, ["TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "the right Write on transactional id other-n1"],
                     "run", "--config", self.kafka.config("engine", "other-id", group="other"))
        self.refused(3, ["GROUP_AUTHORIZATION_FAILED", "the right Read on group campus-2"],
                     "run", "--config", self.kafka.config("engine", "other-group", group="campus-2"))
        self.refused(3, ["onecode-monitoring lacks the right Write on transactional id campus-n1"],
                     "run", "--config", self.kafka.config("monitoring"))
        self.refused(3, ["settings cannot be read", "DescribeConfigs"], "run", "--config", auditor)

    def test_4_strangers(self):
        """security: a wrong password, an unknown authority and a client without TLS get nothing, and are told why"""
        config, folder = self.kafka.config("engine"), self.kafka.folder
        (folder / "wrong").write_text("wrong\n")
        wrong = {"ONECODE__KAFKA__PROPERTY_FILES__SASL_PASSWORD": str(folder / "wrong")}
        others = Certificates(folder, "stranger")
        others.sign("onecode-engine-2", "extendedKeyUsage=clientAuth")
        onecode("topics", "check", "--config", self.kafka.mtls_config(self.kafka.certificates))

        def told(verb):
            self.refused(3, ["_AUTHENTICATION", "does not accept User:onecode-engine"], *verb, "--config", config, env=wrong)

        def told_of_authority(ca):
            self.refused(3, ["certificate verify failed", "ssl.ca.location"], "topics", "check", "--config", config,
                         env={"ONECODE__KAFKA__PROPERTIES__SSL_CA_LOCATION": str(ca)})

        def gets_nothing(settings):
            consumer = Consumer({"log_level": 0, "group.id": "x", **settings})
            self.assertIn(error_of(lambda: consumer.list_topics(timeout=2)), ("_TRANSPORT", "_TIMED_OUT"), settings)

        strangers = (
            {"bootstrap.servers": self.kafka.sasl},
            {"bootstrap.servers": self.kafka.mtls},
            {"bootstrap.servers": self.kafka.sasl, "security.protocol": "SSL", "ssl.ca.location": str(self.kafka.certificates.ca)},
            {"bootstrap.servers": self.kafka.mtls, "security.protocol": "SSL", "ssl.ca.location": str(self.kafka.certificates.ca)},
            {"bootstrap.servers": self.kafka.mtls, "security.protocol": "SSL", "ssl.ca.location": str(self.kafka.certificates.ca),
             "ssl.certificate.location": str(folder / "onecode-engine-2.crt"), "ssl.key.location": str(folder / "onecode-engine-2.key")},
            self.client("engine") | {"sasl.password": "wrong"},
            self.client("engine") | {"sasl.mechanism": "PLAIN"},
        )
        with concurrent.futures.ThreadPoolExecutor(len(strangers)) as several:  # they wait, and do nothing else
            for work in [several.submit(told, verb) for verb in (["run"], ["tail", "decisions"], ["policy", "show"])] + [
                several.submit(told_of_authority, others.ca), *(several.submit(gets_nothing, s) for s in strangers)
            ]:
                work.result()

    def test_5_lost_right(self):
        """security: an engine that loses a right while it runs ends and names it, instead of trying for ever"""
        with tempfile.TemporaryDirectory() as data:
            config = self.kafka.config("engine", "losing")
            with open(self.kafka.folder / "losing.log", "wb") as log:
                engine = subprocess.Popen([BIN, "run", "--config", str(config)], stdout=log, stderr=log,
                                          env={**os.environ, "ONECODE__NODE__DATA_DIR": data})
            self.addCleanup(engine.wait)
            self.addCleanup(engine.kill)
            right = ["--allow-principal", "User:onecode-engine", "--operation", "Write", "--topic", f"{PREFIX}decisions"]
            self.kafka.kafka_acls("--remove", "--force", *right)
            self.addCleanup(self.kafka.kafka_acls, "--add", *right)
            events = self.kafka.folder / "second.ndjson"
            events.write_text(json.dumps({"topic": "scans", "key": "d-1", "value": {**SCAN, "id": "2", "data": {**SCAN["data"], "seq": 2}}}))
            onecode("publish", events, "--config", self.kafka.config("gateway"))
            code = engine.wait(PATIENCE)
        said = (self.kafka.folder / "losing.log").read_text()
        self.assertEqual(code, 3, said)
        self.assertIn("User:onecode-engine lacks the right Write on topic campus.decisions", said.splitlines()[-1])

    def test_6_secrets(self):
        """security: config check shows where the password is, and never the password"""
        shown = onecode("config", "check", self.kafka.config("engine")).stdout
        self.assertIn('"sasl.password" = "', shown)
        self.assertNotIn(self.kafka.passwords["onecode-engine"], shown)
        shown = onecode("config", "check", env={"ONECODE__KAFKA__PROPERTIES__SASL_PASSWORD": "hush", "ONECODE__KAFKA__PROPERTIES__SSL_KEY_PEM": "hush"})
        self.assertNotIn("hush", shown.stdout)

    def test_7_matrix(self):
        """security: every cell of the table, role by topic, written and read, is as the table says"""
        for role, may in ROLES.items():
            settings = self.client(role)
            expected = {topic: None if topic in may.get("write", []) else DENIED for topic in TOPICS}
            self.assertEqual(writes(settings, TOPICS), expected, f"{role} writes")
            expected = {topic: None if topic in may.get("read", []) else DENIED for topic in TOPICS}
            self.assertEqual(reads({**settings, "group.id": f"onecode-{role}"}, TOPICS), expected, f"{role} reads")

    def test_8_beyond(self):
        """security: groups, transactional ids, topics and their records are nobody's but theirs whose they are"""
        for role, may in ROLES.items():
            own = may.get("groups")
            for group, theirs in ((GROUP, own == "engine"), (f"onecode-{role}", own == "own"), ("onecode-nobody", False)):
                if not may.get("read") or (group == GROUP and theirs):
                    continue
                self.assertEqual(joins({**self.client(role), "group.id": group}, may["read"][0]),
                                 None if theirs else "GROUP_AUTHORIZATION_FAILED", f"{role} in {group}")
            producer = Producer({**self.client(role), "transactional.id": f"{GROUP}-n1"}, logger=SILENT)
            self.assertEqual(error_of(lambda: producer.init_transactions(PATIENCE)),
                             None if may.get("transactions") else "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", role)
            if may.get("topics") != "manage":
                admin = AdminClient(self.client(role))
                created = admin.create_topics([NewTopic(f"{PREFIX}more", 1, 1)])[f"{PREFIX}more"]
                deleted = admin.delete_topics([f"{PREFIX}scans"])[f"{PREFIX}scans"]
                self.assertEqual((error_of(created.result), error_of(deleted.result)), (DENIED, DENIED), role)
