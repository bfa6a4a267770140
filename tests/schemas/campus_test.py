"""Would catch: a schema that contradicts what gateways and the engine really write, or leaves a member of it out."""

import collections
import itertools
import multiprocessing
import os
import pathlib
import tempfile
import unittest
import warnings

import engine
import ocsf
import published

WORKERS = os.cpu_count() or 1
# A validator in Python takes a quarter of a millisecond per record; `./dev schemas` takes a whole week.
DAYS = int(os.environ.get("ONECODE_SCHEMAS_DAYS", "2"))
checks = {}


def _prepare():
    warnings.simplefilter("ignore", DeprecationWarning)
    schemas = published.load()
    for topic, (name, direction) in published.RECORDS.items():
        schema = published.resolved(schemas, name)
        checks[topic] = published.validator(published.closed(schema) if direction == "out" and topic != "dead-letters" else schema)
    checks["a line"] = published.validator(published.resolved(schemas, "event-line"))


def _faults(job):
    """Counts and first faults of every WORKERS-th line of a file."""
    path, worker = job
    counts, faults = collections.Counter(), []
    with open(path, encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            if number % WORKERS != worker:
                continue
            line = engine.json.loads(text)
            counts[line["topic"]] += 1
            found = published.fault(checks[line["topic"]], engine.checked(line))
            if line["topic"] in ("alerts", "compliance"):
                found = found or next(iter(ocsf.faults(line["value"]["data"])), None)
            if number < 2000:
                found = found or published.fault(checks["a line"], line)
            if found:
                faults.append(f"{path.name}:{number}: {found}")
                if len(faults) == 10:
                    break
    return counts, faults


class Campus(unittest.TestCase):
    def test_campus(self):
        """schemas: every record of a simulated campus is valid, inputs and outputs"""
        with tempfile.TemporaryDirectory(prefix="onecode-schemas-") as name:
            folder = pathlib.Path(name)
            events, out = folder / "campus.ndjson", folder / "out"
            engine.run("simulate", "--people", 300, "--days", DAYS, "--out", events, "--truth", folder / "truth.ndjson")
            engine.run("replay", events, "--secrets", f"{events}.secrets.json", "--unsigned-commands", "--out", out)
            files = [events, *sorted(out.glob("*.ndjson"))]
            with multiprocessing.Pool(WORKERS, _prepare) as pool:
                parts = pool.map(_faults, itertools.product(files, range(WORKERS)), 1)
        counts = sum((counts for counts, _ in parts), collections.Counter())
        self.assertEqual([fault for _, faults in parts for fault in faults], [])
        self.assertGreater(counts["scans"], 2_000 * DAYS)
        self.assertGreater(counts["decisions"], 2_000 * DAYS)
        for topic in ("device-reports", "codes-issued", "data-access", "commands", "policy", "alerts", "compliance", "device-status"):
            self.assertGreater(counts[topic], 0, topic)
