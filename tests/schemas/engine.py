"""The executable that ONECODE_BIN names, on event files in a folder that goes away."""

import json
import os
import pathlib
import subprocess
import tempfile

import published

BIN = os.environ.get("ONECODE_BIN", str(published.ROOT / "build" / "release" / "onecode"))


def run(*arguments):
    done = subprocess.run([BIN, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"onecode {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stderr}")


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


class Replay:
    """What the engine publishes for an event file: topic -> lines, in order."""

    def __init__(self, events, *more):
        with tempfile.TemporaryDirectory(prefix="onecode-schemas-") as folder:
            if not isinstance(events, pathlib.Path):
                path = pathlib.Path(folder) / "events.ndjson"
                with open(path, "w", encoding="utf-8") as file:
                    file.writelines(json.dumps(event, ensure_ascii=False) + "\n" for event in events)
                events = path
            out = pathlib.Path(folder) / "out"
            run("replay", events, "--unsigned-commands", *more, "--out", out)
            self.topics = {path.stem: lines(path) for path in sorted(out.glob("*.ndjson"))}


def checked(line):
    """What a topic's schema describes of a line: the headers of a dead letter, the value of any other record."""
    return line["headers"] if line["topic"] == "dead-letters" else line["value"]
