"""A campus of a few people and readers on the Kafka that the tests were given, its engine, and gateways as processes."""

import base64
import contextlib
import datetime
import hashlib
import hmac
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = os.environ.get("ONECODE_BIN", str(ROOT / "build" / "release" / "onecode"))
BROKERS = os.environ.get("ONECODE_TEST_KAFKA")
PATIENCE = 60  # seconds for whatever must happen; nothing takes as long
GATEWAYS = {
    "py": [str(ROOT / "examples" / "gateway" / "gateway.py")],
    "cpp": [os.environ.get("ONECODE_EXAMPLE_GATEWAY", str(pathlib.Path(BIN).parent / "examples" / "example_gateway"))],
}
ROLES = ("registrar", "security-officer", "information-centre", "integration-owner")


def now():
    return datetime.datetime.now().astimezone()


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Gateway:
    """One process of a gateway, in whichever language, and what it says."""

    def __init__(self, program, device, state, *more, brokers=BROKERS, prefix="nobody."):
        command = [*GATEWAYS[program], "--device", device, "--state", str(state), "--brokers", brokers, "--prefix", prefix]
        self.process = subprocess.Popen(
            [*command, *map(str, more)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
        )
        self.said, self.lines = queue.Queue(), []
        self.listener = threading.Thread(target=self.listen)
        self.listener.start()

    def listen(self):
        for line in self.process.stdout:
            self.said.put(line.rstrip("\n"))
        self.said.put(None)

    def expect(self, pattern):
        """The next line that fits."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                line = self.said.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise AssertionError(f"no line {pattern!r} in:\n" + "\n".join(self.lines))
            self.lines.append(line)
            if re.search(pattern, line):
                return line

    def write(self, *codes):
        self.process.stdin.write("".join(code + "\n" for code in codes))
        self.process.stdin.flush()

    def show(self, code):
        """What the gate does, without the scan's id."""
        self.write(code)
        word, _, why = self.expect(r"^(open|closed) ").split(" ", 2)
        return f"{word} {why}"

    def asks(self):
        self.expect("asks the engine")
        return self

    def kill(self):
        self.process.kill()
        self.close()

    def end(self):
        """End of input; returns the exit code when it has gone."""
        self.process.stdin.close()
        return self.process.wait(PATIENCE)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        try:
            self.process.stdin.close()
        except OSError:  # what was in the pipe has no reader any more
            pass
        self.listener.join()
        self.process.stdout.close()


class Campus:
    def __init__(self, devices, accounts):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="onecode-gateway-"))
        self.prefix = f"gateway-{os.getpid()}."
        self.engine = None
        self.sent = 0
        self.key_file = self.folder / "office.key"
        public = json.loads(self.run("keys", "new", "--json", "--out", self.key_file))
        (self.folder / "secrets").mkdir()
        for name in ("issuer", "mac"):
            (self.folder / "secrets" / name).write_text(f"the secret of {name}")
        self.mac_key = self.folder / "secrets" / "mac"
        self.config = self.folder / "node.toml"
        self.config.write_text(
            f'[node]\nid = "n1"\ndata_dir = "{self.folder}/data"\n'
            f'[kafka]\nbrokers = "{BROKERS}"\nprefix = "{self.prefix}"\ngroup = "{self.prefix}engine"\n'
            f'[http]\nlisten = "127.0.0.1:0"\n[secrets]\ndir = "{self.folder}/secrets"\n'
            f'[[trust.root]]\nkey = "{public["key"]}"\nalg = "ed25519"\npublic = "{public["public"]}"\n'
        )
        self.run("topics", "create", "--partitions", 2, "--config", self.config)
        self.publish_policy(public)
        self.start_engine()
        self.open(devices, accounts)

    def close(self):
        if self.engine:
            self.engine.kill()
            self.engine.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *arguments):
        done = subprocess.run([BIN, *map(str, arguments)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"onecode {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stderr}{done.stdout}")
        return done.stdout

    def publish_policy(self, public):
        key = {"key": public["key"], "alg": "ed25519", "public": public["public"], "actor": "office"}
        policy = self.folder / "policy.json"
        policy.write_text(
            json.dumps(
                {
                    "version": "test-1",
                    "effective_from": "2026-01-01T00:00:00+08:00",
                    "trust": {
                        "roles": {role: [key] for role in ROLES},
                        "issuers": {"app": {"alg": "hmac-sha256", "secret": "issuer"}},
                    },
                    "zones": {"z-1": {"lat": 29.36, "lon": 113.12, "building": "b-1", "campus": "c-1"}},
                }
            )
        )
        self.run("policy", "publish", policy, "--key", self.key_file, "--config", self.config)

    def start_engine(self):
        with open(self.folder / "engine.log", "ab") as log:
            self.engine = subprocess.Popen([BIN, "run", "--config", str(self.config)], stdout=log, stderr=log)

    def keep_engine(self):
        """As its supervisor: a node may end when its broker has gone."""
        if self.engine.poll() is not None:
            self.start_engine()

    def command(self, name, target, role, *arguments):
        """Sends it and waits until it is done; refused is an exception."""
        words = [word for argument in arguments for word in ("--arg", argument)]
        self.run("command", name, "--target", target, "--actor", "office", "--role", role, "--key", self.key_file,
                 "--wait", PATIENCE, "--config", self.config, *words)

    def publish(self, commands):
        """Commands, as (name, target, role, arguments), without waiting for what becomes of them."""
        lines = []
        for name, target, role, arguments in commands:
            self.sent, time_text = self.sent + 1, now().isoformat(timespec="milliseconds")
            nonce = f"office-{self.sent}"
            data = {"command": name, "target": target, "args": arguments, "actor": {"id": "office", "role": role},
                    "issued_at": time_text, "nonce": nonce, "reason": "test"}
            event = {"specversion": "1.0", "id": nonce, "source": "/office", "type": "onecode.command.v1", "time": time_text, "data": data}
            lines.append(json.dumps({"topic": "commands", "key": target, "value": event}) + "\n")
        file = self.folder / "commands.ndjson"
        file.write_text("".join(lines))
        self.run("publish", file, "--sign", self.key_file, "--config", self.config)

    def open(self, devices, accounts):
        words = ["purpose", "architecture", "data_security", "expected_effect"]
        self.command("integration.adopt", "gates", "information-centre", "unit=logistics", "manifest.functions=access",
                     "manifest.devices=" + ",".join(devices), "manifest.zones=z-1", *[f"plan.{word}=test" for word in words])
        opened = {"category": "student", "valid_from": "2026-01-01T00:00:00+08:00"}
        commands = [("account.open", account, "registrar", opened) for account in accounts]
        for device in devices:
            commands += [
                ("device.register", device, "information-centre", {"serial": f"sn-{device}", "model": "m", "integration": "gates"}),
                ("device.certify", device, "information-centre",
                 {"certificate": "c", "valid_to": "2090-01-01T00:00:00+08:00", "secret": "mac"}),
                ("device.install", device, "integration-owner",
                 {"integration": "gates", "zone": "z-1", "position": {"lat": 29.36, "lon": 113.12, "accuracy_m": 5},
                  "network": {"vlan": "1"}, "kind": "fixed"}),
                ("device.activate", device, "integration-owner", {}),
            ]
        self.publish(commands)
        deadline = time.monotonic() + PATIENCE  # accounts stand before the devices of their partition
        while {e["data"]["device"] for _, e in self.records("device-status") if e["data"]["usable"]} != set(devices):
            if time.monotonic() > deadline:
                raise AssertionError(f"the readers are not in use: {[e['data']['text'] for _, e in self.records('notices')]}")

    def freeze(self, account):
        self.command("account.freeze", account, "security-officer", "article=8")

    @contextlib.contextmanager
    def broker_away(self, folder):
        """It does not answer, as behind a cable that was pulled."""
        pid = int((pathlib.Path(folder) / "pid").read_text())
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def code(self, account, nonce, **claims):
        claims = {"kid": "app", "account": account, "handset": "h-" + account, "nonce": nonce,
                  "iat": now().isoformat(timespec="milliseconds"), "ttl_s": 60, "purpose": "access", **claims}
        text = "OC1." + base64url(json.dumps(claims).encode())
        mac = hmac.new((self.folder / "secrets" / "issuer").read_bytes(), text.encode(), hashlib.sha256).digest()
        return f"{text}.{base64url(mac)}"

    def gateway(self, program, device, *more, brokers=BROKERS, timeout_ms=PATIENCE * 1000):
        return Gateway(program, device, self.folder / f"{device}.state", "--key-file", self.mac_key,
                       "--timeout-ms", timeout_ms, *more, brokers=brokers, prefix=self.prefix)

    def records(self, topic):
        """Whatever is committed in a topic: (raw value, CloudEvent), each partition in its order."""
        consumer = Consumer({"bootstrap.servers": BROKERS, "group.id": "test", "enable.auto.commit": False,
                             "enable.partition.eof": True, "isolation.level": "read_committed", "fetch.wait.max.ms": 10})
        name, out = self.prefix + topic, []
        try:
            left = set(consumer.list_topics(name, timeout=PATIENCE).topics[name].partitions)
            consumer.assign([TopicPartition(name, p, OFFSET_BEGINNING) for p in left])
            deadline = time.monotonic() + PATIENCE
            while left:
                message = consumer.poll(max(0, deadline - time.monotonic()))
                if message is None:
                    raise AssertionError(f"{topic} cannot be read")
                if not message.error():
                    out.append((message.value(), json.loads(message.value())))
                elif message.error().code() == KafkaError._PARTITION_EOF:
                    left.discard(message.partition())
        finally:
            consumer.close()
        return out

    def scans(self, device):
        return [(raw, event) for raw, event in self.records("scans") if event["data"]["device"] == device]

    def decisions(self, device, count):
        """Those of a device, by scan id, as soon as there are so many."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = [event["data"] for _, event in self.records("decisions") if event["data"]["device"] == device]
            if len(found) >= count:
                return found
            self.keep_engine()
            if time.monotonic() > deadline:
                raise AssertionError(f"{len(found)} decisions for {device}, not {count}; the engine's log:\n"
                                     + (self.folder / "engine.log").read_text()[-3000:])
