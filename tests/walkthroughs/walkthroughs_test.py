"""What docs/ tells its readers to type is typed here, block by block in one shell, and what it prints is compared with what
the page shows. Would catch an option that was renamed, an output that reads otherwise, and a step that was forgotten.

On a page, a block of `bash` is typed, and a block of `text` right after it is its output; `…` stands for anything, on a line
of its own for any lines. The shell starts in a folder that looks like a clone that was built."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = os.environ.get("ONECODE_BIN", str(ROOT / "build/release/onecode"))
VERIFY = os.environ.get("ONECODE_VERIFY", str(pathlib.Path(BIN).parent / "onecode-verify"))
BLOCK = re.compile(r"^```(bash|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "=== end of step"

# `./dev` of a clone that was built: the program is there, whatever preset is tested.
DEV = f"""#!/bin/bash
case $1 in
  setup | build) ;;
  demo) shift; exec {BIN} demo "$@" ;;
  *) exec {ROOT}/dev "$@" ;;
esac
"""


def steps(page):
    """(typed, shown or None) of a page, in order."""
    out = []
    for kind, text in BLOCK.findall(page):
        if kind == "bash":
            out.append([text, None])
        elif not out or out[-1][1] is not None:
            raise ValueError(f"an output without a command: {text}")
        else:
            out[-1][1] = text
    return out


def pattern(shown):
    out = ""
    for line in shown.splitlines():
        out += r"(?:.*\n)*?" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + "\n"
    return re.compile(out)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Walk(unittest.TestCase):
    maxDiff = None

    def walk(self, name, least):
        todo = steps((ROOT / "docs" / name).read_text(encoding="utf-8"))
        self.assertGreaterEqual(len(todo), least)
        with tempfile.TemporaryDirectory(prefix="onecode-walk-") as folder:
            clone = pathlib.Path(folder)
            (clone / "build/release").mkdir(parents=True)
            for program in (BIN, VERIFY):
                (clone / "build/release" / pathlib.Path(program).name).symlink_to(program)
            (clone / "dev").write_text(DEV, encoding="utf-8")
            (clone / "dev").chmod(0o755)
            (clone / "examples").symlink_to(ROOT / "examples")
            script = "set -e\n" + "".join(f"{typed}\necho '{MARK} {i}'\n" for i, (typed, _) in enumerate(todo))
            # A broker of its own, on a port of its own; what the page starts ends with this test, however that ends.
            env = {k: v for k, v in os.environ.items() if not k.startswith("ONECODE_")}
            env.update(ONECODE_KAFKA_DIR=str(clone / "kafka"), ONECODE_KAFKA_PORT=str(free_port()), ONECODE_KAFKA_OWNER=str(os.getpid()),
                       ONECODE__HTTP__LISTEN=f"127.0.0.1:{free_port()}", NO_COLOR="1")
            out = clone / "out"
            with open(out, "wb") as file:
                shell = subprocess.Popen(["bash", "-c", script], cwd=clone, env=env, stdin=subprocess.DEVNULL, stdout=file,
                                         stderr=subprocess.STDOUT, start_new_session=True)
            try:
                code = shell.wait(timeout=600)
            except subprocess.TimeoutExpired:
                code = "timeout"  # what it printed says where
            finally:
                if shell.poll() is None or code:
                    self.end(shell, env)
            printed = re.split(rf"^{MARK} \d+\n", out.read_text(encoding="utf-8"), flags=re.MULTILINE)
            log = "".join(p.read_text(encoding="utf-8") for p in clone.glob("build/*/node.log"))
        for (typed, shown), said in zip(todo, printed):
            if shown is not None and not pattern(shown).fullmatch(said):
                self.fail(f"{name}: after\n\n{typed}\nit shows\n\n{shown}\nbut this was printed:\n\n{said}\n{log}")
        self.assertEqual((code, len(printed)), (0, len(todo) + 1), f"{name} ended at\n\n{todo[min(len(printed), len(todo)) - 1][0]}\n{printed[-1]}\n{log}")

    def end(self, shell, env):
        try:
            os.killpg(shell.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        subprocess.run([str(ROOT / "dev"), "kafka", "kill"], env=env, capture_output=True, check=False)


class Tutorial(Walk):
    def test_tutorial(self):
        """walkthrough: the tutorial, from a clone to a decided case"""
        self.walk("tutorial.md", 15)


class Guides(Walk):
    def test_policy(self):
        """walkthrough: write and try a policy"""
        self.walk("how-to/policy.md", 5)

    def test_backtest(self):
        """walkthrough: compare two policies on the past"""
        self.walk("how-to/backtest.md", 5)

    def test_record(self):
        """walkthrough: answer somebody who asks why"""
        self.walk("how-to/record.md", 6)

    def test_evidence(self):
        """walkthrough: from a scan to a bundle that others check, and logs that others witness"""
        self.walk("how-to/evidence.md", 12)

    def test_forget(self):
        """walkthrough: forget a person, and what is proven afterwards"""
        self.walk("how-to/forget.md", 9)


class Reader(unittest.TestCase):
    def test_steps(self):
        """walkthrough: blocks are read as they stand, and a differing output is noticed"""
        page = "x\n```bash\na\n```\ny\n```text\n1 … of 9\n…\nend\n```\n```bash\nb\n```\n"
        self.assertEqual(steps(page), [["a\n", "1 … of 9\n…\nend\n"], ["b\n", None]])
        self.assertTrue(pattern("1 … of 9\n…\nend\n").fullmatch("1 and 2 of 9\nx\ny\nend\n"))
        self.assertTrue(pattern("1 … of 9\n…\nend\n").fullmatch("1  of 9\nend\n"))
        for other in ("1 and 2 of 8\nend\n", "1 a of 9\nend\nmore\n", "1 a of 9\n"):
            self.assertIsNone(pattern("1 … of 9\n…\nend\n").fullmatch(other))
        with self.assertRaises(ValueError):
            steps("```text\n1\n```\n")


if __name__ == "__main__":
    unittest.main()
