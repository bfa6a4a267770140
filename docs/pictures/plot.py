#!/usr/bin/env python3
"""Draws the queries of the dashboards over a real run: `onecode demo`, scraped every second by a real Prometheus with the
repository's rules. These are plots of the panels' queries, made with matplotlib; they are not Grafana.

    ./dev build && docs/pictures/plot.py [seconds]      (apt-get install prometheus python3-matplotlib)
"""

import json
import math
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLUMNS, LINES = 3, 6  # of pictures side by side; of lines in one of them, the largest


def wait_for(what, check, patience=60):
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            if found := check():
                return found
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.2)
    sys.exit(f"{what} does not come up")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def hurried(text):
    """A run of a minute in place of days: shorter steps and windows."""
    for what, by in (("$__rate_interval", "5s"), ("$__interval", "5s"), ("$instance", ".*"), ("[30d:15m]", "[5m:1s]"),
                     ("[90d:15m]", "[5m:1s]"), ("interval: 15s", "interval: 1s"), ("interval: 3m", "interval: 1s")):
        text = text.replace(what, by)
    return text


def legend(pattern, metric):
    return re.sub(r"\{\{(\w+)\}\}", lambda m: metric.get(m[1], ""), pattern)


class Prometheus:
    def __init__(self, folder, target):
        source = ROOT / "monitoring" / "prometheus"
        (folder / "prometheus.yml").write_text(
            hurried((source / "prometheus.yml").read_text()).replace("127.0.0.1:9464", target))
        (folder / "onecode.rules.yml").write_text(hurried((source / "onecode.rules.yml").read_text()))
        self.url = f"http://127.0.0.1:{free_port()}"
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb",
             f"--web.listen-address={self.url.removeprefix('http://')}", "--log.level=error"])
        wait_for("Prometheus", lambda: urllib.request.urlopen(self.url + "/-/ready"))

    def range(self, expr, start, end):
        query = urllib.parse.urlencode({"query": hurried(expr), "start": start, "end": end, "step": 1})
        with urllib.request.urlopen(f"{self.url}/api/v1/query_range?{query}") as answer:
            return json.load(answer)["data"]["result"]


def lines_of(prometheus, panel, start, end):
    lines = []
    for target in panel["targets"]:
        for series in prometheus.range(target["expr"], start, end):
            points = [(float(t) - start, float(v)) for t, v in series["values"] if math.isfinite(float(v))]
            if points:
                lines.append((legend(target["legendFormat"], series["metric"]), points))
    lines.sort(key=lambda line: -max(abs(v) for _, v in line[1]))
    return lines[:LINES]


def draw(name, prometheus, start, end):
    board = json.loads((ROOT / "monitoring" / "grafana" / "dashboards" / f"{name}.json").read_text())
    panels = [(p, lines_of(prometheus, p, start, end)) for p in board["panels"]
              if p["type"] in ("timeseries", "state-timeline")]
    # What stays at zero in such a run (no cases, no orders) is no picture.
    panels = [(p, lines) for p, lines in panels if any(v != 0 for _, points in lines for _, v in points)][:9]
    rows = math.ceil(len(panels) / COLUMNS)
    figure, places = pyplot.subplots(rows, COLUMNS, figsize=(13, 2.4 * rows + 0.3), squeeze=False)
    for place in places.flat[len(panels):]:
        place.axis("off")
    for place, (panel, lines) in zip(places.flat, panels):
        for label, points in lines:
            place.plot(*zip(*points), linewidth=1, label=label)
        unit = panel["fieldConfig"]["defaults"]["unit"]
        place.set_title(f"{panel['title']}  [{unit}]", fontsize=8, loc="left")
        place.tick_params(labelsize=6)
        place.set_ylim(bottom=0)
        place.legend(fontsize=5, loc="best", framealpha=0.6)
    figure.suptitle(f"{board['title']}: queries of its panels over a run of `onecode demo`, seconds (matplotlib, not Grafana)",
                    fontsize=9)
    figure.tight_layout(rect=(0, 0, 1, 0.98))
    figure.savefig(pathlib.Path(__file__).parent / f"{name}.png", dpi=75)


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        said = folder / "demo.log"
        with said.open("w") as log:
            demo = subprocess.Popen([ROOT / "build" / "release" / "onecode", "demo", "--seconds", str(seconds + 10)],
                                    stderr=log, stdout=subprocess.DEVNULL)
        prometheus = None
        try:
            found = wait_for("the demo", lambda: re.search(r"http://(\S+:\d+)/metrics", said.read_text()))
            start = time.time()
            prometheus = Prometheus(folder, found[1])
            time.sleep(seconds)
            for name in ("operations", "security", "governance"):
                draw(name, prometheus, start, time.time())
        finally:
            for process in (demo, prometheus.process if prometheus else None):
                if process:
                    process.terminate()
                    process.wait()


if __name__ == "__main__":
    main()
