"""`onecode doctor` on a real Kafka: each thing that it says about a cluster is made to be so. Would catch: a fault of the
cluster that it calls fine, a fine cluster that it complains about, a record or a member that it leaves behind."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = os.environ.get("ONECODE_BIN", str(ROOT / "build/release/onecode"))
BROKERS = os.environ.get("ONECODE_TEST_KAFKA")
PATIENCE = 60


@unittest.skipUnless(BROKERS, "no real broker: ONECODE_TEST_KAFKA is not set")
class Doctor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        held = tempfile.TemporaryDirectory(prefix="onecode-doctor-")
        cls.addClassCleanup(held.cleanup)
        cls.folder = pathlib.Path(held.name)
        cls.prefix = f"doctor-{os.getpid()}."
        cls.admin = AdminClient({"bootstrap.servers": BROKERS})
        cls.public = json.loads(subprocess.run([BIN, "keys", "new", "--json", "--out", str(cls.folder / "key.json")],
                                               capture_output=True, text=True, check=True).stdout)
        cls.config = cls.configuration("node", cls.prefix)
        subprocess.run([BIN, "topics", "create", "--partitions", "2", "--config", str(cls.config)], check=True, capture_output=True)

    @classmethod
    def configuration(cls, name, prefix, node="n1"):
        file = cls.folder / f"{name}.toml"
        file.write_text(
            f'[node]\nid = "{node}"\ndata_dir = "{cls.folder}/{name}.data"\nresident_limit = 10000\n'
            f'[kafka]\nbrokers = "{BROKERS}"\nprefix = "{prefix}"\ngroup = "{prefix}engine"\n[http]\nlisten = "127.0.0.1:0"\n'
            f'[[trust.root]]\nkey = "{cls.public["key"]}"\nalg = "ed25519"\npublic = "{cls.public["public"]}"\n')
        return file

    def doctor(self, config=None, code=0):
        done = subprocess.run([BIN, "doctor", "--json", "--config", str(config or self.config)], capture_output=True, text=True, check=False)
        if code is not None:
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)["checks"]

    def found(self, checks, health, check):
        return [c["found"] + " | " + c.get("fix", "") for c in checks if (c["health"], c["check"]) == (health, check)]

    def made(self, name, partitions, others=True, **settings):
        """The topics of a cluster of its own: `scans` as told, the others as they should be, or not at all."""
        prefix = f"{self.prefix}{name}."
        topic = NewTopic(prefix + "scans", partitions, 1, config={"max.message.bytes": "2097152", "retention.ms": "2592000000",
                                                                  "retention.bytes": "-1", **settings})
        for future in self.admin.create_topics([topic]).values():
            future.result(PATIENCE)
        if others:
            subprocess.run([BIN, "topics", "create", "--partitions", "2", "--brokers", BROKERS, "--prefix", prefix], check=False, capture_output=True)
        return prefix

    def test_fine(self):
        """all is well, but for a single broker without authoriser; and nothing was written, nobody joined"""
        checks = self.doctor()
        self.assertEqual([c for c in checks if c["health"] == "fail"], [])
        for check in ("configuration", "disk", "port", "broker", "topics", "group", "policy"):
            self.assertTrue(self.found(checks, "ok", check), check)
        self.assertIn("one broker", self.found(checks, "warn", "copies")[0])
        self.assertIn("no authoriser", self.found(checks, "warn", "rights")[0])
        consumer = Consumer({"bootstrap.servers": BROKERS, "group.id": "doctor-test"})
        self.addCleanup(consumer.close)
        ends = {t: consumer.get_watermark_offsets(TopicPartition(t, 0), timeout=PATIENCE)
                for t in consumer.list_topics(timeout=PATIENCE).topics if t.startswith(self.prefix) and t.count(".") == 1}
        self.assertEqual(len(ends), 20)
        self.assertEqual(set(ends.values()), {(0, 0)})
        self.assertFalse((self.folder / "node.data").exists())

    def test_missing_topic(self):
        """a topic that is missing, and all of them"""
        prefix = self.made("missing", 2, others=False, **{"cleanup.policy": "delete"})
        told = self.found(self.doctor(self.configuration("missing", prefix), code=1), "fail", "topics")
        self.assertEqual(len(told), 1, told)
        self.assertRegex(told[0], f"^missing: .*{prefix}notices.* \\| onecode topics create --config {self.folder}/missing.toml$")
        self.assertNotIn(prefix + "scans", told[0])
        told = self.found(self.doctor(self.configuration("none", self.prefix + "none."), code=1), "fail", "topics")
        self.assertIn("none of the 20 topics is there", told[0])

    def test_partitions(self):
        """a co-partitioned topic with another number of partitions"""
        prefix = self.made("partitions", 3, **{"cleanup.policy": "delete"})
        told = self.found(self.doctor(self.configuration("partitions", prefix), code=1), "fail", "topics")
        self.assertTrue(any(f"{prefix}scans: partitions is 3, should be 2" in t for t in told), told)

    def test_cleanup_policy(self):
        """a compacted input, and a journal that time would empty"""
        prefix = self.made("policy", 2, **{"cleanup.policy": "compact"})
        self.admin.alter_configs([ConfigResource("topic", prefix + "journal", set_config={
            "cleanup.policy": "delete", "retention.ms": "60000", "retention.bytes": "-1", "max.message.bytes": "16777216"})])
        self.admin.poll(0)
        told = []
        for _ in range(100):  # an alteration is answered before the broker that is asked next knows of it
            told = self.found(self.doctor(self.configuration("policy", prefix), code=1), "fail", "topics")
            if len(told) == 2:
                break
        told = "\n".join(told)
        self.assertIn(f"{prefix}scans: cleanup.policy is compact, should be delete", told)
        self.assertIn(f"--entity-name {prefix}scans --add-config cleanup.policy=delete", told)
        self.assertIn(f"{prefix}journal: retention.ms is 60000, must be -1", told)

    def test_unreachable(self):
        """a broker that does not answer"""
        file = self.folder / "unreachable.toml"
        file.write_text(self.config.read_text().replace(BROKERS, "127.0.0.1:1"))
        checks = self.doctor(file, code=1)
        self.assertIn("no answer from 127.0.0.1:1", self.found(checks, "fail", "broker")[0])

    def test_added_partitions(self):
        """a node that runs: its id is taken; then somebody gives all topics more partitions, and neither it nor the doctor goes on"""
        config = self.configuration("running", self.made("running", 2, **{"cleanup.policy": "delete"}), node="n2")
        log = self.folder / "node.log"
        with open(log, "wb") as out:
            node = subprocess.Popen([BIN, "run", "--config", str(config)], stdout=out, stderr=out)
        self.addCleanup(node.wait)
        self.addCleanup(node.kill)
        told = ""
        for _ in range(100):  # a new broker knows nothing of groups for a while, and the doctor says that too
            self.assertIsNone(node.poll(), log.read_text())
            told = "".join(self.found(self.doctor(config), "warn", "group"))
            if "as n2 already" in told:
                break
        self.assertIn("as n2 already", told)
        scan = {"specversion": "1.0", "id": "1", "source": "/g", "type": "onecode.scan.v1", "time": "2026-03-02T08:00:00.000+08:00",
                "data": {"device": "d", "seq": 1, "account": "a", "function": "access", "auth": "present"}}
        (self.folder / "scan.ndjson").write_text(json.dumps({"topic": "scans", "key": "d", "value": scan}) + "\n")
        subprocess.run([BIN, "publish", str(self.folder / "scan.ndjson"), "--config", str(config)], check=True, capture_output=True)
        subprocess.run([BIN, "tail", "decisions", "--from-beginning", "--max", "1", "--config", str(config)], check=True,
                       capture_output=True, timeout=PATIENCE)
        node.terminate()
        self.assertEqual(node.wait(PATIENCE), 0)
        topics = "scans device-reports codes-issued ledger data-access commands inbox journal history".split()
        for future in self.admin.create_partitions([NewPartitions(f"{self.prefix}running.{t}", 4) for t in topics]).values():
            future.result(PATIENCE)
        for _ in range(100):
            told = "".join(self.found(self.doctor(config, code=None), "fail", "topics"))
            if "they have 4 partitions" in told:
                break
        self.assertIn("they have 4 partitions, and the state was made with 2", told)
        done = subprocess.run([BIN, "run", "--config", str(config)], capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("its state was made with 2 partitions, and the topics have 4 now", done.stderr)


if __name__ == "__main__":
    unittest.main()
