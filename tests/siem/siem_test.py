"""What examples/siem/ gives to a security team, by the tools it is for where they are installed, and by the published records.
Would catch: a member that a finding does not have, a topic that does not exist, a message that a real syslog daemon reads wrongly."""

import configparser
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIEM = ROOT / "examples" / "siem"
PAGE = ROOT / "docs" / "security-team.md"
ENGINE = os.environ.get("ONECODE_BIN", str(ROOT / "build" / "release" / "onecode"))
EXAMPLES = ROOT / "docs" / "schemas" / "examples"
TOPICS = ["onecode.alerts", "onecode.compliance"]
PATIENCE = 60  # seconds for whatever must happen; nothing takes as long


def findings():
    """Every published example of a finding, as a record."""
    for kind in ("alert", "compliance"):
        for path in sorted((EXAMPLES / kind).glob("*.json")):
            yield json.loads(path.read_text("utf-8"))


def members(node, path=()):
    """Every path into a record, without places in lists."""
    yield path
    if isinstance(node, dict):
        for name, value in node.items():
            yield from members(value, (*path, name))
    elif isinstance(node, list):
        for item in node:
            yield from members(item, path)


RECORD = {path for record in findings() for path in members(record)}
FINDING = {path[1:] for path in RECORD if path[:1] == ("data",)}


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Examples(unittest.TestCase):
    def test_vector(self):
        """siem: Vector's example reads topics and members that exist, and its cases are of the transform they name"""
        config = yaml.safe_load((SIEM / "vector.yaml").read_text("utf-8"))
        self.assertEqual(config["sources"]["onecode"]["topics"], TOPICS)
        program = config["transforms"]["findings"]["source"]
        paths = re.findall(r"record((?:\.\w+)+)", program)
        self.assertIn(".data", paths)
        for path in paths:
            self.assertIn(tuple(path.split(".")[1:]), RECORD)
        self.assertIn(("time",), FINDING)
        self.assertIn("int!(.time)", program)
        known = {"onecode", *config["transforms"], *(f"{name}.dropped" for name in config["transforms"])}
        for part in (*config["transforms"].values(), *config["sinks"].values()):
            self.assertLessEqual(set(part["inputs"]), known)
        cases = yaml.safe_load((SIEM / "vector.test.yaml").read_text("utf-8"))["tests"]
        for case in cases:
            for output in case["outputs"]:
                self.assertIn(output["extract_from"], known)
        # The case's finding has nothing that real ones lack.
        self.assertLessEqual(set(members(json.loads(cases[0]["inputs"][0]["log_fields"]["message"]))), RECORD)

    def test_vector_itself(self):
        """siem: Vector takes its example and passes its cases"""
        vector = shutil.which("vector")
        if vector is None:
            self.skipTest("vector is not installed: vector.yaml is checked by its members only")
        for arguments in (["validate", "--no-environment", "vector.yaml"], ["test", "vector.yaml", "vector.test.yaml"]):
            done = subprocess.run([vector, *arguments], cwd=SIEM, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_logstash(self):
        """siem: Logstash's example reads topics and members that exist"""
        text = (SIEM / "logstash.conf").read_text("utf-8")
        self.assertEqual(re.findall(r'"(onecode\.[\w-]+)"', text), TOPICS)
        self.assertEqual(text.count("{") - text.count("}"), 0)
        paths = [tuple(re.findall(r"\[(\w+)\]", path)) for path in re.findall(r"((?:\[\w+\])+)", text)]
        for path in paths:
            if path[0] in ("data", "id"):
                self.assertIn(path, RECORD)
            elif path[0] == "finding":
                self.assertIn(path[1:], FINDING)
        self.assertIn(("finding", "time"), paths)

    def test_logstash_itself(self):
        """siem: Logstash takes its example"""
        logstash = shutil.which("logstash") or "/usr/share/logstash/bin/logstash"
        if not os.access(logstash, os.X_OK):
            self.skipTest("logstash is not installed: logstash.conf is checked by its members only")
        with tempfile.TemporaryDirectory(prefix="onecode-siem-") as data:
            done = subprocess.run([logstash, "--path.data", data, "-t", "-f", SIEM / "logstash.conf"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_splunk(self):
        """siem: Splunk's example reads topics and members that exist, and finds the time"""
        config = json.loads((SIEM / "splunk" / "connector.json").read_text("utf-8"))["config"]
        self.assertEqual(config["topics"].split(","), TOPICS)
        for name in ("splunk.indexes", "splunk.sourcetypes"):
            self.assertEqual(len(config[name].split(",")), len(TOPICS))
        props = configparser.ConfigParser(interpolation=None, delimiters="=", comment_prefixes="#")
        props.optionxform = str
        props.read_string((SIEM / "splunk" / "props.conf").read_text("utf-8"))
        self.assertLessEqual(set(config["splunk.sourcetypes"].split(",")), set(props.sections()))
        vector = yaml.safe_load((SIEM / "vector.yaml").read_text("utf-8"))
        self.assertIn(vector["sinks"]["splunk"]["sourcetype"], props.sections())
        for section, known in (("onecode:finding", RECORD), ("onecode:ocsf", FINDING)):
            read = [path for value in props[section].values() for path in re.findall(r"'([\w.{}]+)'", value)]
            self.assertGreater(len(read), 10)
            for path in read:
                self.assertIn(tuple(path.replace("{}", "").split(".")), known, section)
        # Splunk takes the first place where the prefix fits; of every record that must be its own time.
        for record in findings():
            raw = json.dumps(record, separators=(",", ":"), ensure_ascii=False)
            after = raw[re.search(props["onecode:finding"]["TIME_PREFIX"], raw).end() :]
            self.assertTrue(after.startswith(record["time"]))
            self.assertLessEqual(len(record["time"]), int(props["onecode:finding"]["MAX_TIMESTAMP_LOOKAHEAD"]))

    def test_page(self):
        """siem: every command and option that docs/security-team.md shows exists"""
        known = subprocess.run([ENGINE, "alerts", "--help"], capture_output=True, text=True, check=True).stdout
        lines = re.findall(r"^ *onecode alerts (.*)$", PAGE.read_text("utf-8"), re.MULTILINE)
        self.assertGreater(len(lines), 5)
        for line in lines:
            for option in re.findall(r"(?<!\S)(--[\w-]+)", line.split("|")[0]):
                self.assertIn(f"{option} ", known, line)
        for path in re.findall(r"\]\(\.\./(examples/[\w/.-]+)\)", PAGE.read_text("utf-8")):
            self.assertTrue((ROOT / path).exists(), path)


@unittest.skipUnless(shutil.which("rsyslogd"), "rsyslogd is not installed: no syslog daemon but ours has read the messages")
class Rsyslog(unittest.TestCase):
    """A syslog daemon that we did not write, with the example's own configuration."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="onecode-siem-")
        folder = pathlib.Path(cls.folder.name)
        cls.out, cls.log = folder / "findings.json", folder / "log"
        cls.tcp, cls.udp, cls.unix = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM), folder / "dev-log"
        config = (SIEM / "rsyslog.conf").read_text("utf-8")
        assert 'port="601"' in config and "/var/log/onecode/findings.json" in config
        config = config.replace('port="601"', f'port="{cls.tcp}" address="127.0.0.1"').replace("/var/log/onecode/findings.json", str(cls.out))
        config += (
            f'module(load="imudp")\ninput(type="imudp" port="{cls.udp}" address="127.0.0.1" ruleset="onecode")\n'
            f'module(load="imuxsock" SysSock.Use="off")\n'
            f'input(type="imuxsock" socket="{cls.unix}" ignoreTimestamp="off" useSysTimeStamp="off" useSpecialParser="off" parseHostname="on" ruleset="onecode")\n'
        )
        (folder / "rsyslog.conf").write_text(config, "utf-8")
        cls.events = folder / "events.ndjson"
        cls.records = sorted(findings(), key=lambda record: record["data"]["time"])
        # Text from outside, and the same with everything that a parser could trip over.
        hostile = json.loads(json.dumps(cls.records[-1]))
        hostile["data"]["time"] += 1
        hostile["data"]["finding_info"]["uid"] = 'a"]\\b [x@1 y="z"]'
        hostile["data"]["unmapped"]["onecode"]["explanation"]["en"] = "one\ntwo\x1b[2J 一码通"
        cls.records.append(hostile)
        with open(cls.events, "w", encoding="utf-8") as file:
            for record in cls.records:
                topic = "alerts" if record["type"] == "onecode.alert.v1" else "compliance"
                file.write(json.dumps({"topic": topic, "key": record["subject"], "value": record}) + "\n")
        with open(cls.log, "w", encoding="utf-8") as log:
            cls.daemon = subprocess.Popen(
                [shutil.which("rsyslogd"), "-n", "-f", folder / "rsyslog.conf", "-i", folder / "pid"], stdout=log, stderr=log
            )

    @classmethod
    def tearDownClass(cls):
        cls.daemon.terminate()
        cls.daemon.wait(PATIENCE)
        cls.folder.cleanup()

    def sent(self, to, *more):
        """What the daemon wrote for the messages of one run."""
        before = len(self.out.read_text("utf-8").splitlines()) if self.out.exists() else 0
        deadline = time.monotonic() + PATIENCE
        while to.startswith("u") and not self.up(to):
            self.assertLess(time.monotonic(), deadline, self.log.read_text("utf-8"))
            time.sleep(0.05)
        done = subprocess.run([ENGINE, "alerts", self.events, "--syslog-to", to, *more], capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        while True:
            lines = self.out.read_text("utf-8").splitlines()[before:] if self.out.exists() else []
            if len(lines) >= len(self.records):
                return [json.loads(line) for line in lines]
            self.assertIsNone(self.daemon.poll(), self.log.read_text("utf-8"))
            self.assertLess(time.monotonic(), deadline, self.log.read_text("utf-8"))
            time.sleep(0.05)

    def up(self, to):
        if to.startswith("unix"):
            return self.unix.exists()
        with open("/proc/net/udp", encoding="ascii") as table:
            return f":{self.udp:04X} " in table.read()

    def check(self, received, language="en"):
        self.assertEqual(len(received), len(self.records))
        for record, got in zip(self.records, received):
            data, ours = record["data"], record["data"]["unmapped"]["onecode"]
            self.assertEqual(got["time"], record_time(data["time"]))
            self.assertEqual(got["level"], {3: "warning", 4: "err", 5: "crit"}[data["severity_id"]])
            self.assertEqual(got["facility"], "local0")
            kind = "alert" if data["class_uid"] == 2004 else "compliance"
            self.assertEqual(got["msgid"], f"{kind}.{data['activity_name'].lower()}")
            self.assertEqual(got["uid"].replace("\\\\", "\\"), data["finding_info"]["uid"])
            self.assertEqual(got["rule"], data["finding_info"]["analytic"]["uid"])
            self.assertEqual(got["kind"], data["resources"][0]["type"])
            for name, value in (("subject", "subject"), ("article", "article"), ("score", "score"), ("band", "band"), ("action", "proposed_action")):
                self.assertEqual(got[name], str(ours[value]))
            text = ours["explanation"][language].replace("\n", "\\x0a").replace("\x1b", "\\x1b")
            self.assertEqual(got["message"].lstrip("\ufeff"), f"{data['finding_info']['title']}: {text}")

    def test_tcp(self):
        """siem: rsyslog reads every message over TCP as it was meant, hostile text too"""
        self.check(self.sent(f"tcp://127.0.0.1:{self.tcp}"))

    def test_udp(self):
        """siem: rsyslog reads every message over UDP, in Chinese"""
        self.check(self.sent(f"udp://127.0.0.1:{self.udp}", "--lang", "zh"), "zh")

    def test_unix(self):
        """siem: rsyslog reads every message from a unix socket"""
        self.check(self.sent(f"unix://{self.unix}"))


def record_time(milliseconds):
    seconds = time.gmtime(milliseconds / 1000 + 8 * 3600)
    return time.strftime("%Y-%m-%dT%H:%M:%S.", seconds) + f"{milliseconds % 1000:03d}+08:00"
