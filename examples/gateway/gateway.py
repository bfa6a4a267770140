#!/usr/bin/python3
"""A gateway for one reader: asks the engine about each code that is shown, and decides alone while nobody answers.

A line on stdin is a code that somebody shows: an account id, or a dynamic code (OC1.…). For each there is one line on
stdout: `open` or `closed`, the scan, and why. A scan that the engine decides later is told by a line `later`.

  Recorded first  A scan is in the file STATE/scans, on disk, before it is sent or answered. Its line there is the record
                  for Kafka as it will always be sent, so one number (boot, seq) never gets two contents: rule D2.
  Sent again      After a crash a scan may be sent twice. The engine knows the last 256 numbers of a device and takes an
                  equal record for a retransmission: no second decision. So no more than IN_FLIGHT are ever unconfirmed.
  Numbers         seq goes on where the file ends. Without a file a new boot begins; it is the time in seconds, which is
                  above every earlier boot even if the disk was lost.
  On its own      Egress opens. Whom `freezes` holds is refused; the holds are kept in STATE/holds.json, so this works
                  after a restart without a broker. Whether anybody else is entitled is not known here: --unknown says.
  Never waits     The first scan that gets no decision in time is answered alone, and so is every one after it, at once,
                  until all that waits has been sent and the engine is heard again. These carry `offline` and what the
                  gate did (`outcome`).

It knows the contract only: CONTRACT.md and docs/schemas/v1 (scan, decision, freeze).
"""

import argparse
import base64
import collections
import datetime
import fcntl
import hashlib
import hmac
import json
import os
import pathlib
import re
import select
import sys
import time

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaError, KafkaException, Producer, TopicPartition

IN_FLIGHT = 100  # well below the 256 numbers that the engine remembers
TRIM_BYTES = 1 << 20  # the file of scans begins anew when it is longer and all of it was sent
NEVER_BLOCK = ("other:clinic", "other:exam")  # as `never_block` of the policy; leaving (access, out) comes on top
CODE_SKEW = datetime.timedelta(seconds=5)
ACCOUNT = re.compile(r"[A-Za-z0-9._:-]{1,64}")
CODE = re.compile(r"OC1\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
CODE_MAX = 2048


class Trouble(Exception):
    """Ends the gateway with a sentence. Its supervisor starts it again; nothing that was recorded is lost."""


def log(text):
    print(f"gateway: {text}", file=sys.stderr, flush=True)


def now():
    return datetime.datetime.now().astimezone()


def parse_time(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def from_base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def replace_file(path, text):
    """Old or new after a crash, never half of it."""
    beside = path.with_suffix(".new")
    with open(beside, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
    sync_folder(path.parent)


def sync_folder(path):
    folder = os.open(path, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


class Queue:
    """Scans that were recorded and not yet confirmed by Kafka, oldest first; and the device's numbers."""

    def __init__(self, folder):
        self.path, self.sent_path = folder / "scans", folder / "sent"
        content = self.path.read_bytes() if self.path.exists() else b""
        whole = content.rfind(b"\n") + 1  # the rest was being written at a crash: nobody was answered
        lines = content[:whole].splitlines()
        last = self.number(lines[-1]) if lines else (0, 0)
        self.boot, self.seq = last if lines else (int(time.time()), 0)
        sent = self.sent_path.read_text().split() if self.sent_path.exists() else []
        sent = int(sent[1]) if sent and int(sent[0]) == self.boot else 0
        self.waiting = collections.deque(line for line in lines if self.number(line)[1] > sent)
        self.sent = self.produced = self.seq - len(self.waiting)  # confirmed; handed to the client library
        self.file = open(self.path, "ab", buffering=0)
        self.file.truncate(whole)
        sync_folder(folder)

    def number(self, line):
        try:
            data = json.loads(line)["data"]
            return data["boot"], data["seq"]
        except (ValueError, KeyError) as error:
            raise Trouble(f"{self.path} is damaged: {error}. Keep it, and start with another --state") from error

    def append(self, line):
        if self.file.write(line + b"\n") != len(line) + 1:
            raise Trouble(f"{self.path}: no room")
        os.fsync(self.file.fileno())
        self.seq += 1
        self.waiting.append(line)

    def confirm(self, seq):
        if seq <= self.sent:
            return
        for _ in range(seq - self.sent):
            last = self.waiting.popleft()
        self.sent = seq
        replace_file(self.sent_path, f"{self.boot} {seq}\n")
        if not self.waiting and self.file.tell() > TRIM_BYTES:
            replace_file(self.path, last.decode() + "\n")  # its number is where the next one goes on
            self.file = open(self.path, "ab", buffering=0)


class Holds:
    """What `freezes` says of each account. The topic is read from its beginning at every start; a lower revision than
    the one that is known is an old record of it."""

    def __init__(self, folder):
        self.path = folder / "holds.json"
        self.accounts = json.loads(self.path.read_text()) if self.path.exists() else {}
        self.changed = False

    def update(self, data):
        if data["revision"] > self.accounts.get(data["account"], {"revision": 0})["revision"]:
            self.accounts[data["account"]] = data
            self.changed = True

    def forget(self, account):
        self.changed = self.accounts.pop(account, None) is not None or self.changed

    def save(self):
        if self.changed:
            replace_file(self.path, json.dumps(self.accounts))
            self.changed = False

    def refusal(self, account, function):
        known = self.accounts.get(account)
        if known is None:
            return None
        if known["state"] in ("cancelled", "expired"):
            return "ACCOUNT_" + known["state"].upper()
        for hold in known["holds"]:
            over = hold["expires"] is not None and parse_time(hold["expires"]) <= now()
            if not over and (function in hold["functions"] or function.split(":")[0] in hold["functions"]):
                return "ACCOUNT_FROZEN"
        return None


class Gateway:
    def __init__(self, options):
        self.options = options
        options.state.mkdir(parents=True, exist_ok=True)
        self.lock = open(options.state / "lock", "w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Trouble(f"another gateway works with {options.state}; two would use each number twice") from None
        self.key = options.key_file.read_bytes().removesuffix(b"\n") if options.key_file else None
        self.queue, self.holds = Queue(options.state), Holds(options.state)
        kafka = {"bootstrap.servers": options.brokers, "reconnect.backoff.max.ms": 2000, "error_cb": self.broken}
        # One request at a time: of several, the first may be refused and reported as delivered when a partition is new.
        self.producer = Producer({**kafka, "partitioner": "murmur2_random", "enable.idempotence": True,
                                  "max.in.flight": 1, "message.timeout.ms": 0, "linger.ms": 0})
        # The group is a name only: nothing is committed, every partition is read.
        self.consumer = Consumer({**kafka, "group.id": "gateway", "enable.auto.commit": False, "enable.partition.eof": True,
                                  "isolation.level": "read_committed", "fetch.wait.max.ms": 50})
        self.unread = None  # partitions whose end was not reached yet; None: the brokers have not named them
        self.next_try = 0.0
        self.asking = False  # else it decides alone
        self.silent = False  # no decision came in time, and none since
        self.decision = self.awaited = None  # of the scan that the gate waits for, and this scan
        if self.queue.waiting:
            log(f"{len(self.queue.waiting)} scans wait to be sent")

    # ---- Kafka -------------------------------------------------------------------------------------------------

    def topic(self, name):
        return self.options.prefix + name

    def broken(self, error):
        if error.fatal():
            raise Trouble(f"Kafka: {error.str()}")

    def follow(self):
        """`freezes` from the beginning, `decisions` from now on, as soon as a broker names their partitions."""
        if time.monotonic() < self.next_try:
            return
        try:
            topics = self.consumer.list_topics(timeout=0.2).topics
        except KafkaException:
            self.next_try = time.monotonic() + 1
            return
        parts = []
        for name, offset in (("freezes", OFFSET_BEGINNING), ("decisions", OFFSET_END)):
            if self.topic(name) not in topics:
                raise Trouble(f"there is no topic {self.topic(name)}: is --prefix right?")
            parts += [TopicPartition(self.topic(name), p, offset) for p in topics[self.topic(name)].partitions]
        self.consumer.assign(parts)
        self.unread = {(part.topic, part.partition) for part in parts}

    def send(self):
        queue = self.queue
        while queue.produced < queue.seq and queue.produced - queue.sent < IN_FLIGHT:
            seq, line = queue.produced + 1, queue.waiting[queue.produced - queue.sent]
            self.producer.produce(self.topic("scans"), line, self.options.device,
                                  on_delivery=lambda error, _, seq=seq: self.delivered(error, seq))
            queue.produced = seq

    def delivered(self, error, seq):
        if error:
            raise Trouble(f"Kafka refuses scan {seq}: {error.str()}")
        self.queue.confirm(seq)

    def pump(self, seconds):
        """All that is to be done with Kafka; waits at most so long for something to read."""
        if self.unread is None:
            self.follow()
        self.producer.poll(0)
        if self.unread is not None and not self.unread:  # what is sent only now has its decision seen
            self.send()
        message = self.consumer.poll(seconds)
        while message is not None:
            self.read(message)
            message = self.consumer.poll(0)
        self.holds.save()
        if not (self.asking or self.silent or self.queue.waiting or self.unread is None or self.unread):
            self.asking = True
            log("asks the engine: everything is sent, decisions are followed")

    def read(self, message):
        if message.error():
            if message.error().code() == KafkaError._PARTITION_EOF:
                self.unread.discard((message.topic(), message.partition()))
            return
        if message.value() is None:  # a tombstone: the account was forgotten
            if message.topic() == self.topic("freezes"):
                self.holds.forget(message.key().decode())
            return
        data = json.loads(message.value())["data"]
        if message.topic() == self.topic("freezes"):
            self.holds.update(data)
        elif data["device"] == self.options.device and data["scan"]["source"] == self.source():
            self.silent, scan = False, data["scan"]["id"]
            if scan == self.awaited:
                self.decision = data
            else:
                print("later", scan, data["verdict"], " ".join(data["reasons"]), flush=True)

    # ---- scans -------------------------------------------------------------------------------------------------

    def source(self):
        return "/gateways/" + self.options.device

    def record(self, member, code, outcome):
        """Numbers the scan, signs it and puts it on disk. Returns its id."""
        options, queue = self.options, self.queue
        seq, when = queue.seq + 1, now().isoformat(timespec="milliseconds")
        data = {"device": options.device, "boot": queue.boot, "seq": seq, member: code, "function": options.function,
                "auth": "present", "direction": options.direction, "outcome": outcome}
        if not self.asking:
            data["offline"] = True
        if self.key is not None:
            signed = ("onecode.scan.v1", options.device, queue.boot, seq, when, code, options.function,
                      options.direction, outcome, 0)
            mac = hmac.new(self.key, "\n".join(map(str, signed)).encode(), hashlib.sha256).digest()
            data["mac"] = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
        scan = f"{options.device}/{queue.boot}/{seq}"
        event = {"specversion": "1.0", "id": scan, "source": self.source(), "type": "onecode.scan.v1", "time": when,
                 "datacontenttype": "application/json", "data": data}
        queue.append(json.dumps(event).encode())
        return scan

    def alone(self, member, code):
        """What this gate does without a decision: does it open, and why."""
        function = self.options.function
        if function == "access" and self.options.direction == "out":
            return True, "egress"
        if function in NEVER_BLOCK:
            return True, "never blocked"
        account = code
        if member == "code":  # the issuer's secret is not here: good enough to refuse, never to trust
            try:
                claims = json.loads(from_base64url(code.split(".")[1]))
                account = claims["account"]
                if now() > parse_time(claims["iat"]) + datetime.timedelta(seconds=claims["ttl_s"]) + CODE_SKEW:
                    return False, "CODE_EXPIRED"
            except (ValueError, KeyError, TypeError):
                return False, "CODE_INVALID"
        refusal = self.holds.refusal(account, function)
        return (False, refusal) if refusal else (self.options.unknown == "open", "entitlement unknown")

    def show(self, line):
        """Somebody shows a code. Returns the line for stdout."""
        member = "code" if line.startswith("OC1.") else "account"
        if not (CODE if member == "code" else ACCOUNT).fullmatch(line) or len(line) > CODE_MAX:
            return "closed - neither an account id nor a code (OC1.…); nothing was recorded"
        if self.asking:
            scan = self.awaited = self.record(member, line, "unknown")  # the gate does nothing on its own yet
            self.decision, deadline = None, time.monotonic() + self.options.timeout_ms / 1000
            while self.decision is None and time.monotonic() < deadline:
                self.pump(0.01)
            decision, self.awaited = self.decision, None
            if decision and decision["verdict"] in ("allow", "deny", "challenge"):
                word = "open" if decision["verdict"] == "allow" else "closed"
                return " ".join([word, scan, decision["verdict"], *decision["reasons"]])
            if not decision:
                self.asking, self.silent = False, True
                log(f"no decision within {self.options.timeout_ms} ms: decides alone until the engine is heard again")
            opens, why = self.alone(member, line)
        else:
            opens, why = self.alone(member, line)
            scan = self.record(member, line, "accepted" if opens else "denied")
        return f"{'open' if opens else 'closed'} {scan} alone: {why}"

    def run(self):
        rest, end = b"", False
        while not end:
            ready, _, _ = select.select([sys.stdin], [], [], 0.02)
            if ready:
                piece = os.read(sys.stdin.fileno(), 65536)
                end = not piece
                *lines, rest = (rest + piece).split(b"\n")
                for line in lines:
                    print(self.show(line.decode(errors="replace")), flush=True)
                    self.pump(0)
            self.pump(0)
        deadline = time.monotonic() + self.options.drain_s
        while self.queue.waiting and time.monotonic() < deadline:
            self.pump(0.05)
        if self.queue.waiting:
            log(f"{len(self.queue.waiting)} scans wait in {self.options.state} for the next start")


def options_of(arguments):
    title, _, rest = __doc__.partition("\n")
    rest += "\nexample:\n  echo a-0012345 | ./gateway.py --device d-0417 --state d-0417.state --key-file d-0417.key"
    parser = argparse.ArgumentParser(description=title, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter)

    def add(name, text, default=None, **more):
        text += f" (default {default})" if default is not None else ""
        parser.add_argument(name, help=text, default=default, **more)

    add("--device", "the reader, as it is registered; one gateway for each", required=True, metavar="ID")
    add("--state", "folder of its scans, numbers and holds; never two gateways", required=True, type=pathlib.Path, metavar="DIR")
    add("--key-file", "MAC key of the device: bytes, without a last newline", type=pathlib.Path, metavar="FILE")
    add("--brokers", "Kafka", "127.0.0.1:9092", metavar="HOST:PORT,…")
    add("--prefix", "before every topic name", "onecode.", metavar="TEXT")
    add("--function", "identity, access, library or other:NAME", "access", metavar="NAME")
    add("--direction", "which way people go", "in", choices=("in", "out", "none"))
    add("--timeout-ms", "how long to wait for a decision: your policy's gate_timeout_ms", 1500, type=int, metavar="N")
    add("--unknown", "alone, for whom no hold is known", "closed", choices=("open", "closed"))
    add("--drain-s", "how long to send what waits after the end of stdin", 10, type=int, metavar="N")
    options = parser.parse_args(arguments)
    if not ACCOUNT.fullmatch(options.device):
        parser.error("--device: 1 to 64 characters of A-Za-z0-9._:-")
    if not re.fullmatch(r"identity|access|library|other:[A-Za-z0-9._:-]{1,64}", options.function):
        parser.error("--function: identity, access, library or other:NAME (a till has amounts: not this example)")
    return options


if __name__ == "__main__":
    try:
        Gateway(options_of(sys.argv[1:])).run()
    except (Trouble, OSError) as error:
        log(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
