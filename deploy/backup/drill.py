#!/usr/bin/python3
"""Practises the loss of everything: a Kafka and a node of its own decide scans, the broker's folder is saved in mid-load, all
data is destroyed and restored, and the rest is proven.

  drill.py                        with a broker made by ./dev kafka, in a temporary folder
  drill.py --scans 200000         a longer one; figures as JSON with --json

What is shown, or else it ends with 1 and says what was not so:
  1. a node whose stores are newer than the restored Kafka refuses to work, and says why
  2. with empty stores it restores its shards, and the digest of each is that of its last commit
  3. `onecode state verify`: the restored history leads to the restored state and outputs, record for record
  4. every scan that was decided before the copy was made has its one decision; what came later is gone
  5. when gateways send again what the copy lacks, and a hundred scans before that, each scan has exactly one decision
"""

import argparse
import collections
import contextlib
import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = os.environ.get("ONECODE_BIN", str(ROOT / "build" / "release" / "onecode"))
COPY = str(ROOT / "deploy" / "backup" / "kafka-folder")
PATIENCE = 120  # seconds for whatever must happen
ROLES = ("registrar", "security-officer", "information-centre", "integration-owner")
PORT = "127.0.0.1:0"


class Failed(Exception):
    pass


def show(text):
    print(f"{time.monotonic() - START:7.1f} s  {text}", file=sys.stderr, flush=True)


def run(*command, ok=(0,), **more):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, timeout=PATIENCE, **more)
    if done.returncode not in ok:
        raise Failed(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stderr}{done.stdout}".rstrip())
    return done


class Timer:
    def __enter__(self):
        self.start = time.monotonic()
        return self

    def __exit__(self, *_):
        self.seconds = round(time.monotonic() - self.start, 2)


class Cluster:
    """One broker, one node, and whoever sends."""

    def __init__(self, folder, options):
        self.folder, self.options, self.node = folder, options, None
        self.environment = {**os.environ, "ONECODE_KAFKA_DIR": str(folder / "kafka"), "ONECODE_KAFKA_OWNER": str(os.getpid())}
        self.environment.pop("ONECODE_KAFKA_PORT", None)
        self.kafka("start")
        self.brokers = self.kafka("env").stdout.splitlines()[0].rpartition("=")[2]
        self.key = folder / "office.key.json"
        public = json.loads(run(BIN, "keys", "new", "--json", "--out", self.key).stdout)
        self.config, self.stores = folder / "node.toml", folder / "stores"
        self.config.write_text(
            f'[node]\nid = "drill-1"\ndata_dir = "{self.stores}"\n[kafka]\nbrokers = "{self.brokers}"\n'
            f'[http]\nlisten = "{PORT}"\n[log]\nformat = "json"\n'
            f'[[trust.root]]\nkey = "{public["key"]}"\nalg = "ed25519"\npublic = "{public["public"]}"\n'
        )
        self.onecode("topics", "create", "--partitions", options.partitions)
        key = {"key": public["key"], "alg": "ed25519", "public": public["public"], "actor": "office"}
        policy = folder / "policy.json"
        policy.write_text(json.dumps({
            "version": "drill-1", "effective_from": "2026-01-01T00:00:00+08:00",
            "trust": {"roles": {role: [key] for role in ROLES}},
            "zones": {"z-1": {"lat": 29.36, "lon": 113.12, "building": "b-1", "campus": "c-1"}},
        }))
        self.onecode("policy", "publish", policy, "--key", self.key)

    def kafka(self, verb):
        return run(ROOT / "dev", "kafka", verb, env=self.environment)

    def broker_pid(self):
        return int((self.folder / "kafka" / "pid").read_text())

    def onecode(self, *arguments, ok=(0,)):
        return run(BIN, *arguments, "--config", self.config, ok=ok)

    # -- the node ------------------------------------------------------------------------------------------------------

    def start_node(self):
        self.log = self.folder / f"node-{time.monotonic_ns()}.log"
        with open(self.log, "wb") as log:
            self.node = subprocess.Popen([BIN, "run", "--config", str(self.config)], stdout=log, stderr=log)

    def ready_node(self):
        """Starts it and waits until it processes all its shards."""
        self.start_node()
        self.until(lambda: self.status().get("ready"), "the node is not ready")

    def said(self):
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return lines

    def status(self):
        started = [line["metrics"] for line in self.said() if line["msg"] == "started"]
        if not started:
            return {}
        try:
            with urllib.request.urlopen(started[0].replace("/metrics", "/status"), timeout=5) as answer:
                return json.load(answer)
        except OSError:
            return {}

    def until(self, true, otherwise):
        end = time.monotonic() + PATIENCE
        while not true():
            if self.node.poll() is not None:
                raise Failed(f"the node ended with {self.node.returncode}:\n{self.log.read_text()[-2000:]}")
            if time.monotonic() > end:
                raise Failed(f"{otherwise}:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.05)

    def caught_up(self):
        """Nothing waits in any input: what was sent so far is decided."""
        def nothing_waits():
            shards = self.status().get("shards", [])
            return shards and all(shard["lag"] == 0 for shard in shards)
        self.until(nothing_waits, "records still wait")

    # -- people and readers ---------------------------------------------------------------------------------------------

    def send(self, name, lines, wait=True):
        file = self.folder / name
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        command = [BIN, "publish", str(file), "--sign", str(self.key), "--config", str(self.config)]
        if wait:
            run(*command)
            return None
        return subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def decisions(self, at_least=0):
        """How often each scan was decided, by its id; waits until so many decisions are there."""
        if at_least:
            self.onecode("tail", "decisions", "--from-beginning", "--max", at_least)
        lines = self.onecode("tail", "decisions", "--from-beginning", "--until-end").stdout.splitlines()
        return collections.Counter(json.loads(line)["value"]["data"]["scan"]["id"] for line in lines)

    def bytes_by_topic(self):
        """What the broker keeps of each topic on its disk, as it is now."""
        out = collections.Counter()
        for log in (self.folder / "kafka" / "data").glob("onecode.*/*.log"):
            out[log.parent.name.removeprefix("onecode.").rpartition("-")[0]] += log.stat().st_size
        return out

    def bytes_since(self, before, scans_since):
        return {topic: round((size - before[topic]) / scans_since) for topic, size in sorted(self.bytes_by_topic().items())
                if size - before[topic] >= scans_since}

    def send_one_by_one(self, name, lines):
        """As on a quiet day: each is decided before the next one comes."""
        for n, line in enumerate(lines, 1):
            self.send(name, [line])
            self.onecode("tail", "decisions", "--from-beginning", "--max", n)

    def close(self):
        if self.node:
            self.node.kill()
            self.node.wait()
        with contextlib.suppress(Failed):
            self.kafka("kill")


def event(kind, name, source, data):
    return {"specversion": "1.0", "id": name, "source": source, "type": f"onecode.{kind}.v1",
            "time": datetime.datetime.now().astimezone().isoformat(timespec="milliseconds"), "data": data}


def order(number, name, target, role, arguments):
    value = event("command", f"order-{number}", "/office", {
        "command": name, "target": target, "args": arguments, "actor": {"id": "office", "role": role}, "nonce": f"order-{number}",
        "reason": "drill"})
    value["data"]["issued_at"] = value["time"]
    return {"topic": "commands", "key": target, "value": value}


def registration(accounts, readers):
    plan = {word: "drill" for word in ("purpose", "architecture", "data_security", "expected_effect")}
    manifest = {"functions": ["access"], "devices": readers, "zones": ["z-1"]}
    orders = [("integration.adopt", "gates", "information-centre", {"unit": "logistics", "plan": plan, "manifest": manifest})]
    orders += [("account.open", a, "registrar", {"category": "student", "valid_from": "2026-01-01T00:00:00+08:00"}) for a in accounts]
    for reader in readers:
        orders += [
            ("device.register", reader, "information-centre", {"serial": f"sn-{reader}", "model": "m", "integration": "gates"}),
            ("device.certify", reader, "information-centre", {"certificate": "c", "valid_to": "2090-01-01T00:00:00+08:00"}),
            ("device.install", reader, "integration-owner",
             {"integration": "gates", "zone": "z-1", "position": {"lat": 29.36, "lon": 113.12, "accuracy_m": 5},
              "network": {"vlan": "1"}, "kind": "fixed"}),
            ("device.activate", reader, "integration-owner", {}),
        ]
    return [order(n, *o) for n, o in enumerate(orders)]


def scans(first, count, accounts, readers):
    out = []
    for n in range(first, first + count):
        reader, number = readers[n % len(readers)], n // len(readers) + 1
        out.append({"topic": "scans", "key": reader, "value": event("scan", f"{reader}/{number}", "/gateways/drill", {
            "device": reader, "seq": number, "account": accounts[n * 7919 % len(accounts)], "function": "access", "auth": "present",
            "direction": "in"})})
    return out


def drill(cluster, options):
    accounts = [f"a-{n:06}" for n in range(options.accounts)]
    readers = [f"d-{n:04}" for n in range(20)]
    slow = ["d-slow"]
    third = options.scans // 3
    parts = [scans(n * third, third, accounts, readers) for n in range(3)]
    ids = [{line["value"]["id"] for line in part} for part in parts]
    figures = {"accounts": len(accounts), "scans": 3 * third}

    cluster.ready_node()
    cluster.send("registration.ndjson", registration(accounts, readers + slow))
    cluster.caught_up()
    if options.alone:
        before = cluster.bytes_by_topic()
        cluster.send_one_by_one("alone.ndjson", scans(0, options.alone, accounts, slow))
        figures["bytes_alone"] = cluster.bytes_since(before, options.alone)
    before = cluster.bytes_by_topic()
    cluster.send("before.ndjson", parts[0])
    cluster.decisions(options.alone + third)
    cluster.caught_up()
    figures["bytes_in_bulk"] = cluster.bytes_since(before, third)
    show(f"{len(accounts)} accounts, {third} scans decided; now the copy, while more are sent")

    sender = cluster.send("meanwhile.ndjson", parts[1], wait=False)
    cluster.until(lambda: any(shard["lag"] for shard in cluster.status()["shards"]) or sender.poll() is not None, "nothing is sent")
    copy, data = cluster.folder / "copy", cluster.folder / "kafka" / "data"
    with Timer() as timer:
        run(COPY, "save", "--pid", cluster.broker_pid(), data, copy)
    figures["save_s"] = timer.seconds
    figures["copy_mib"] = round(sum(f.stat().st_size for f in copy.rglob("*") if f.is_file()) / 2**20, 1)
    if sender.wait(PATIENCE) != 0:
        raise Failed("the sender did not outlive the pause")
    late = order("late", "account.freeze", accounts[0], "security-officer", {"article": "8"})
    cluster.send("after.ndjson", [*parts[2], late])
    everything = cluster.decisions(options.alone + 3 * third)
    cluster.caught_up()
    show(f"saved {figures['copy_mib']} MiB in {figures['save_s']} s; all {len(everything)} scans decided by now")

    cluster.node.terminate()  # cleanly, so that its stores hold everything; killed, they lag behind and may even fit
    if cluster.node.wait(PATIENCE) != 0:
        raise Failed(f"the node ended with {cluster.node.returncode}:\n{cluster.log.read_text()[-2000:]}")
    cluster.kafka("kill")
    shutil.rmtree(data)
    show("the node ended, the broker killed, its data deleted")

    with Timer() as timer:
        run(COPY, "restore", copy, data)
    figures["restore_s"] = timer.seconds
    with Timer() as timer:
        cluster.kafka("start")
    figures["broker_start_s"] = timer.seconds

    cluster.start_node()
    if cluster.node.wait(PATIENCE) != 3 or "belongs to another cluster" not in cluster.log.read_text():
        raise Failed(f"a node with newer stores was not refused:\n{cluster.log.read_text()[-2000:]}")
    show("a node with its old stores refuses: " + cluster.log.read_text().strip().splitlines()[-1][:160])
    shutil.rmtree(cluster.stores)

    in_copy = [name for name in cluster.decisions() if not name.startswith(slow[0])]
    # Before anybody sends anything: what is restored, and is it right?
    with Timer() as timer:
        cluster.ready_node()
    figures["node_ready_s"] = timer.seconds
    cluster.caught_up()
    restored = collections.Counter({name: n for name, n in cluster.decisions().items() if not name.startswith(slow[0])})
    figures |= {"decided_in_copy": len(in_copy), "waited_in_copy": len(restored) - len(in_copy), "lost": 3 * third - len(restored)}
    if not ids[0] <= set(restored):
        raise Failed(f"{len(ids[0] - set(restored))} scans that were decided before the copy have no decision")
    if set(restored) & ids[2]:
        raise Failed("decisions are there that the copy cannot have")
    if max(restored.values()) > 1:
        raise Failed(f"decided twice: {[i for i, n in restored.items() if n > 1][:5]}")
    if cluster.onecode("tail", "freezes", "--from-beginning", "--until-end").stdout:
        raise Failed("an order that came after the copy is there")
    show(f"ready after {figures['node_ready_s']} s; {len(in_copy)} scans had their decision, {figures['waited_in_copy']} that waited have it now, {figures['lost']} came later and are gone")

    with Timer() as timer:
        proof = json.loads(cluster.onecode("state", "verify", "--json").stdout)
    figures["verify_s"], figures["turns"] = timer.seconds, proof["turns"]
    show(f"state verify: {proof['turns']} turns, no difference")

    # A reader's last 256 numbers are remembered; whoever sends older ones again is decided again, and looks like a copied reader.
    newest = collections.Counter()
    for name in restored:
        reader, number = name.split("/")
        newest[reader] = max(newest[reader], int(number))
    cluster.send("again.ndjson", [late] + [line for part in parts for line in part
                                           if line["value"]["data"]["seq"] > newest[line["value"]["data"]["device"]] - 100])
    cluster.decisions(options.alone + 3 * third)
    cluster.caught_up()
    at_last = collections.Counter({name: n for name, n in cluster.decisions().items() if not name.startswith(slow[0])})
    if set(at_last) != set.union(*ids) or max(at_last.values()) > 1:
        raise Failed(f"after what was sent again, {len(at_last)} of {3 * third} scans are decided, one of them {max(at_last.values())} times")
    if not cluster.onecode("tail", "freezes", "--from-beginning", "--until-end").stdout:
        raise Failed("the order that was sent again was not done")
    proof = json.loads(cluster.onecode("state", "verify", "--json").stdout)
    show(f"sent again: each of {len(at_last)} scans has exactly one decision; state verify: {proof['turns']} turns, no difference")
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scans", type=int, default=30000, help="sent in three parts: before, during and after the copy (30000)")
    parser.add_argument("--accounts", type=int, default=2000, help="(2000)")
    parser.add_argument("--partitions", type=int, default=4, help="(4)")
    parser.add_argument("--alone", type=int, default=0, help="scans sent one by one before that, for their bytes on the broker's disk (0)")
    parser.add_argument("--folder", type=pathlib.Path, help="a new folder that stays, instead of a temporary one")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    folder = options.folder or pathlib.Path(tempfile.mkdtemp(prefix="onecode-drill-"))
    folder.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    cluster = None
    try:
        cluster = Cluster(folder.resolve(), options)
        figures = drill(cluster, options)
    except Failed as failed:
        print(f"drill.py: {failed}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        if cluster:
            cluster.close()
        if not options.folder:
            shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"{name:<16} {value}" for name, value in figures.items() if not isinstance(value, dict)))
        for name in ("bytes_alone", "bytes_in_bulk"):
            print("\n".join([f"{name}, of each scan on the broker's disk:"] * (name in figures)
                            + [f"  {topic:<14} {size}" for topic, size in figures.get(name, {}).items()]))
    return 0


START = time.monotonic()
if __name__ == "__main__":
    sys.exit(main())
