"""Backup and restore as deploy/backup/ does it. Would catch: a restored cluster that lost what its copy had, decides twice, or
goes on with stores of another life; a copy that is of no moment, or damaged, and taken all the same."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = str(ROOT / "deploy/backup/kafka-folder")


def run(*command):
    return subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)


class Copies(unittest.TestCase):
    def setUp(self):
        held = tempfile.TemporaryDirectory(prefix="onecode-copies-")
        self.addCleanup(held.cleanup)
        self.folder = pathlib.Path(held.name)
        self.data, self.copy = self.folder / "data", self.folder / "copy"
        (self.data / "onecode.journal-0").mkdir(parents=True)
        (self.data / "meta.properties").write_text("version=1\n")
        (self.data / "onecode.journal-0" / "0.log").write_bytes(b"state" * 1000)
        (self.data / ".lock").touch()

    def save(self, *more):
        return run(FOLDER, "save", *more, self.data, self.copy)

    def test_there_and_back(self):
        """what is restored is what was saved"""
        self.assertEqual(self.save().returncode, 0)
        self.assertEqual(run(FOLDER, "check", self.copy).returncode, 0)
        self.assertEqual(run(FOLDER, "restore", self.copy, self.folder / "new").returncode, 0)
        self.assertEqual((self.folder / "new/onecode.journal-0/0.log").read_bytes(), b"state" * 1000)
        self.assertFalse((self.folder / "new/.lock").exists())

    def test_damage(self):
        """a copy that was changed, cut off, or lacks or has a file more is not restored"""
        self.assertEqual(self.save().returncode, 0)
        log = self.copy / "data/onecode.journal-0/0.log"
        for harm in (lambda: log.write_bytes(b"State" * 1000), log.unlink, (self.copy / "data/more").touch, (self.copy / "SHA256SUMS").unlink):
            harm()
            done = run(FOLDER, "restore", self.copy, self.folder / "new")
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertFalse((self.folder / "new").exists())
            if not log.exists():
                log.write_bytes(b"state" * 1000)
            elif log.read_bytes().startswith(b"S"):
                log.write_bytes(b"state" * 1000)

    def test_refusals(self):
        """a folder in use, no folder of a broker, a target that is not empty"""
        holder = subprocess.Popen([sys.executable, "-c",
                                   "import fcntl, sys; f = open(sys.argv[1], 'r+'); fcntl.lockf(f, fcntl.LOCK_EX); print(flush=True); input()",
                                   str(self.data / ".lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        holder.stdout.readline()
        self.assertIn("a broker works in", self.save().stderr)
        holder.communicate("\n")
        self.assertEqual(self.save().returncode, 0)
        self.assertIn("is there already", self.save().stderr)
        self.assertIn("not empty", run(FOLDER, "restore", self.copy, self.data).stderr)
        self.assertIn("meta.properties", run(FOLDER, "save", self.copy, self.folder / "another").stderr)

    def test_pause(self):
        """a broker that is named stands still while it is copied, and goes on afterwards, also when the copy fails"""
        with subprocess.Popen(["sleep", "1000"]) as broker:
            try:
                self.assertEqual(self.save("--pid", broker.pid).returncode, 0)
                self.assertEqual(self.state(broker.pid), "S")
                self.data = self.data / "onecode.journal-0"
                self.assertEqual(self.save("--pid", broker.pid).returncode, 1)
                self.assertEqual(self.state(broker.pid), "S")
            finally:
                broker.kill()

    def state(self, pid):
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@unittest.skipUnless(os.environ.get("ONECODE_TEST_KAFKA"), "no Kafka: ONECODE_TEST_KAFKA is not set")
class Drill(unittest.TestCase):
    def test_drill(self):
        """everything is lost and restored: nothing that was saved is missing, and nothing is decided twice"""
        done = run(sys.executable, ROOT / "deploy/backup/drill.py", "--scans", 3000, "--accounts", 200, "--partitions", 2, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        figures = json.loads(done.stdout)
        self.assertGreaterEqual(figures["decided_in_copy"], 1000)
        self.assertGreaterEqual(figures["lost"], 1000)
        self.assertGreater(figures["turns"], 0)


if __name__ == "__main__":
    unittest.main()
