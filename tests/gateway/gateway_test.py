"""The example gateways before a running engine and a real Kafka. Would catch: a scan that is lost or decided twice by a
crash or an outage, a number that comes with two contents (rule D2), a gate that waits for nobody or lets a frozen account in."""

import json
import os
import subprocess
import unittest

import campus
from campus import GATEWAYS, Gateway

NOWHERE = "127.0.0.1:1"  # nobody listens there
OLD = "2026-01-01T12:00:00.000+08:00"
REFUSED = "closed alone: ACCOUNT_FROZEN"
KAFKA_DIR = os.environ.get("ONECODE_KAFKA_DIR")


def devices(program):
    return {name: f"d-{program}-{name}" for name in ("online", "outage", "crash", "again")}


@unittest.skipUnless(campus.BROKERS, "no real broker: ONECODE_TEST_KAFKA is not set")
class GatewayTest(unittest.TestCase):
    """All classes share one campus with its engine; each program has readers and accounts of its own."""

    @classmethod
    def setUpClass(cls):
        if not hasattr(GatewayTest, "campus"):
            accounts = [f"a-{program}-{name}" for program in GATEWAYS for name in ("one", "two", "frozen")]
            readers = [device for program in GATEWAYS for device in devices(program).values()]
            GatewayTest.campus = campus.Campus(readers, accounts)
            unittest.addModuleCleanup(GatewayTest.campus.close)
            for program in GATEWAYS:
                GatewayTest.campus.freeze(f"a-{program}-frozen")

    def gateway(self, *arguments, **more):
        out = self.campus.gateway(*arguments, **more)
        self.addCleanup(out.close)
        return out

    def settled(self, device, answered):
        """Each scan of the device is in Kafka in order, with one content, and has one decision; those that people saw
        answered are among them; nothing is held against the reader. Gives back events and decisions by scan id."""
        state = self.campus.folder / f"{device}.state"
        lines = (state / "scans").read_bytes().splitlines()
        recorded = [json.loads(line) for line in lines]
        self.assertEqual([event["data"]["seq"] for event in recorded], list(range(1, len(recorded) + 1)))
        self.assertEqual(len({event["data"]["boot"] for event in recorded}), 1)
        sent = self.campus.scans(device)
        first = list(dict.fromkeys(event["id"] for _, event in sent))
        self.assertEqual(first, [event["id"] for event in recorded])
        self.assertEqual({raw for raw, _ in sent}, set(lines))
        decisions = self.campus.decisions(device, len(recorded))
        self.assertEqual(sorted(d["scan"]["id"] for d in decisions), sorted(first))
        self.assertLessEqual(set(answered), set(first))
        held = [e["finding_info"]["analytic"]["uid"] for _, e in self.campus.records("compliance")
                if e["unmapped"]["onecode"]["subject"] == device]
        self.assertEqual(held, [])
        return {e["id"]: e for e in recorded}, {d["scan"]["id"]: d for d in decisions}

    def answered(self, *gateways):
        lines = [line for gateway in gateways for line in gateway.lines if line.startswith(("open ", "closed "))]
        return [line.split()[1] for line in lines if not line.startswith("closed - ")]


class Program:
    """What each of the two does, whatever it is written in."""

    def shortDescription(self):
        return f"{self.program}: {super().shortDescription()}"

    def test_online(self):
        """the engine decides: open, frozen, unknown, a dynamic code once; a bad line takes no number"""
        program, device = self.program, devices(self.program)
        gate = self.gateway(program, device["online"]).asks()
        self.assertEqual(gate.show(f"a-{program}-one"), "open allow")
        self.assertEqual(gate.show(f"a-{program}-frozen"), "closed deny ACCOUNT_FROZEN")
        self.assertEqual(gate.show("a-nobody"), "closed deny ACCOUNT_UNKNOWN")
        for bad in ("", "two words", "OC1.half", "x" * 65, "OC1.a." + "b" * 2048):
            self.assertRegex(gate.show(bad), "^closed neither an account id nor a code")
        self.assertEqual(gate.show(self.campus.code(f"a-{program}-two", "n-1")), "open allow")
        self.assertEqual(gate.show(self.campus.code(f"a-{program}-two", "n-2", iat=OLD)), "closed deny CODE_EXPIRED")
        self.assertEqual(gate.end(), 0)
        events, decisions = self.settled(device["online"], self.answered(gate))
        self.assertEqual(len(decisions), 5)
        self.assertNotIn("DEVICE_BAD_MAC", str(decisions))
        self.assertFalse(any("offline" in event["data"] for event in events.values()))

    @unittest.skipUnless(KAFKA_DIR, "the broker is not ours: ONECODE_KAFKA_DIR is not set")
    def test_outage(self):
        """while the broker is away, and killed meanwhile: frozen accounts stay out; then each scan arrives once, in order, as decided"""
        program, device = self.program, devices(self.program)["outage"]
        first = self.gateway(program, device).asks()
        self.assertEqual(first.show(f"a-{program}-one"), "open allow")
        self.assertEqual(first.end(), 0)
        gate = self.gateway(program, device, "--unknown", "open", timeout_ms=300).asks()
        with self.campus.broker_away(KAFKA_DIR):
            self.assertEqual(gate.show(f"a-{program}-frozen"), REFUSED)  # nobody answered in time
            self.assertEqual(gate.show(f"a-{program}-two"), "open alone: entitlement unknown")
        gate.asks()
        gate.kill()
        away = self.gateway(program, device, "--unknown", "open", brokers=NOWHERE)
        self.assertEqual(away.show(f"a-{program}-frozen"), REFUSED)
        self.assertEqual(away.show(f"a-{program}-one"), "open alone: entitlement unknown")
        away.kill()
        back = self.gateway(program, device, "--unknown", "open")
        back.expect("2 scans wait to be sent")
        back.asks()
        self.assertEqual(back.show(f"a-{program}-one"), "open allow")
        events, decisions = self.settled(device, self.answered(first, gate, away, back))
        self.assertEqual(len(self.campus.scans(device)), 6)  # nobody was killed while sending: nothing came twice
        data = [event["data"] for event in events.values()]
        self.assertEqual([d["outcome"] for d in data], ["unknown", "unknown", "accepted", "denied", "accepted", "unknown"])
        self.assertEqual([d.get("offline", False) for d in data], [False, False, True, True, True, False])
        self.assertEqual([decisions[scan]["verdict"] for scan in events], ["allow", "deny", "allow", "deny", "allow", "allow"])

    def test_crash(self):
        """killed again and again, alone and while sending hundreds of scans: no scan lost, none decided twice, no clone"""
        program, device = self.program, devices(self.program)
        lives = [self.gateway(program, device["crash"], brokers=NOWHERE)]
        lives[0].write(*[f"a-{program}-one"] * 150)
        for _ in range(150):
            lives[-1].expect("^closed .* alone")
        lives[-1].kill()
        for line, times in (("^(open|closed) ", 3), ("^later ", 1), ("asks the engine", 1), ("^(open|closed) ", 60)):
            lives.append(self.gateway(program, device["crash"]))  # killed in the middle of what is sent or written
            lives[-1].write(*[f"a-{program}-two"] * 100)
            for _ in range(times):
                lives[-1].expect(line)
            lives[-1].kill()
        lives.append(self.gateway(program, device["crash"]).asks())
        events, _ = self.settled(device["crash"], self.answered(*lives))
        self.assertGreaterEqual(len(events), 150 + 3 + 60)

    def test_sent_again(self):
        """a crash before the confirmation is on disk: as many as may be unconfirmed come twice and are decided once"""
        program, device = self.program, devices(self.program)
        gate = self.gateway(program, device["again"], brokers=NOWHERE)
        gate.write(*[f"a-{program}-one"] * 120)
        for _ in range(120):
            gate.expect("^closed .* alone")
        gate.kill()
        sender = self.gateway(program, device["again"]).asks()
        self.campus.decisions(device["again"], 120)
        sender.kill()
        sent = self.campus.folder / f"{device['again']}.state" / "sent"
        boot, seq = sent.read_text().split()
        self.assertEqual(seq, "120")
        sent.write_text(f"{boot} 20\n")
        with open(sent.parent / "scans", "ab") as file:  # and half of a scan that nobody was answered
            file.write(b'{"specversion":"1.0","id":"d')
        again = self.gateway(program, device["again"])
        again.expect("100 scans wait")
        self.assertEqual(again.asks().show(f"a-{program}-two"), "open allow")
        self.settled(device["again"], self.answered(gate, sender, again))
        self.assertEqual(len(self.campus.scans(device["again"])), 120 + 100 + 1)

    def test_alone(self):
        """what a gate does alone: egress and never-blocked functions open, spent or damaged codes do not"""
        program = self.program
        for n, (options, code, answer) in enumerate([
            (("--direction", "out"), "a-x", "open alone: egress"),
            (("--function", "other:clinic"), "a-x", "open alone: never blocked"),
            (("--function", "library"), "a-x", "closed alone: entitlement unknown"),
            (("--unknown", "open"), self.campus.code("a-x", "n"), "open alone: entitlement unknown"),
            (("--unknown", "open"), self.campus.code("a-x", "n", iat=OLD), "closed alone: CODE_EXPIRED"),
            (("--unknown", "open"), "OC1.e30.AAAA", "closed alone: CODE_INVALID"),
        ]):
            gate = Gateway(program, "d-alone", self.campus.folder / f"{program}-alone-{n}", *options, brokers=NOWHERE)
            self.addCleanup(gate.close)
            self.assertEqual(gate.show(code), answer)

    def test_refusals(self):
        """a second gateway on the same numbers, a wrong word, a damaged file: exit and a sentence"""
        program = self.program
        state = self.campus.folder / f"{program}-refusals"
        first = Gateway(program, "d-one", state, brokers=NOWHERE)
        self.addCleanup(first.close)
        first.show("a-x")
        second = Gateway(program, "d-one", state, brokers=NOWHERE)
        second.expect("another gateway works with")
        self.assertEqual(second.end(), 1)
        first.kill()
        (state / "scans").write_text("no JSON\n")
        third = Gateway(program, "d-one", state, brokers=NOWHERE)
        third.expect("is damaged")
        self.assertEqual(third.end(), 1)
        wrong = Gateway(program, "d one", state, brokers=NOWHERE)
        wrong.expect("--device")
        self.assertEqual(wrong.end(), 2)
        teaches = subprocess.run([*GATEWAYS[program], "--help"], capture_output=True, text=True, check=True).stdout
        for word in ("stdin", "--state", "retransmission", "Egress", "example:"):
            self.assertIn(word, teaches)


class Python(Program, GatewayTest):
    program = "py"


class Cpp(Program, GatewayTest):
    program = "cpp"
