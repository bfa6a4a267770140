"""What deploy/ says is checked against what it is about: the engine's own configuration and verbs, its longest wait, the
files of monitoring/, and systemd. Would catch a setting that was renamed, a file that moved, a grace period that ends
before a turn does, a selector that selects nothing, and hardening that was lost."""

import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "systemd/onecode.service"
ENGINE = os.environ.get("ONECODE_BIN", str(ROOT / "build/release/onecode"))


def load(path):
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def ran(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


def in_unit(key):
    return re.findall(rf"^{key}=(.*)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE)


def resources():
    """Every Kubernetes resource, with the labels that the kustomization adds."""
    kustomization = load("deploy/kubernetes/kustomization.yaml")
    added = kustomization["labels"][0]["pairs"]
    out = {}
    for name in kustomization["resources"]:
        resource = load(f"deploy/kubernetes/{name}")
        if "template" in resource.get("spec", {}):
            resource["spec"]["template"]["metadata"]["labels"].update(added)
        out[resource["kind"]] = resource
    return out


class Deployment(unittest.TestCase):
    maxDiff = None

    def succeeds(self, result):
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def engine_takes(self, arguments):
        """A verb that the engine does not know, or an option, would be found only when a node starts."""
        verb = [a for a in arguments if not a.startswith(("-", "/"))]
        self.succeeds(ran(ENGINE, *verb, "--help"))
        known = ran(ENGINE, *verb, "--help").stdout
        for option in arguments:
            if option.startswith("--"):
                self.assertIn(option, known)

    def engine_accepts(self, path, variables=()):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("ONECODE__")}
        result = ran(ENGINE, "config", "check", str(path), env={**clean, **dict(variables)})
        self.succeeds(result)
        return result.stdout


class Systemd(Deployment):
    def test_verify(self):
        """systemd: the unit has no unknown setting"""
        with tempfile.TemporaryDirectory() as folder:
            # The program is not where the package puts it.
            text = UNIT.read_text(encoding="utf-8").replace("/usr/bin/onecode", ENGINE)
            copy = pathlib.Path(folder) / UNIT.name
            copy.write_text(text, encoding="utf-8")
            result = ran("systemd-analyze", "verify", "--man=no", str(copy))
        self.succeeds(result)
        self.assertNotIn(UNIT.name, result.stderr)

    def test_exposure(self):
        """systemd: the exposure of the unit is at most 2.0"""
        self.succeeds(ran("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", str(UNIT)))

    def test_command(self):
        """systemd: the engine knows the command, and its configuration is the package's"""
        command = in_unit("ExecStart")[0].split()
        self.engine_takes(command[1:])
        self.assertEqual(command[-1], (DEPLOY / "debian/conffiles").read_text(encoding="utf-8").strip())
        self.assertIn(f'data_dir = "/var/lib/{in_unit("StateDirectory")[0]}"', self.engine_accepts(DEPLOY / "debian/onecode.toml"))

    def test_reload(self):
        """systemd: a reload sends SIGHUP to the node, and only where the configuration is right"""
        command = shlex.split(in_unit("ExecReload")[0])
        self.assertEqual(command[:2], ["/bin/sh", "-c"])
        script = command[2].replace("/usr/bin/onecode", ENGINE)
        with tempfile.TemporaryDirectory() as folder:
            config = pathlib.Path(folder) / "node.toml"
            script = script.replace("/etc/onecode/onecode.toml", str(config))
            for text, ends in (("[log]\nlevel = 'loud'\n", None), ("[log]\nlevel = 'debug'\n", -signal.SIGHUP)):
                config.write_text(text, encoding="utf-8")
                with subprocess.Popen(["sleep", "600"]) as node: # nothing else than the signal ends it
                    result = ran("/bin/sh", "-c", script, env={**os.environ, "MAINPID": str(node.pid)})
                    self.assertEqual(result.returncode == 0, ends is not None, result.stderr)
                    if ends is None:
                        self.assertIn("log.level", result.stderr)
                        self.assertIsNone(node.poll())
                        node.kill()
                    else:
                        self.assertEqual(node.wait(), ends)


class Everywhere(Deployment):
    def test_grace(self):
        """deployment: every way gives a node the same time to leave, and more than it takes when the broker is gone"""
        unit = int(in_unit("TimeoutStopSec")[0])
        compose = load("deploy/compose/compose.yaml")["services"]
        self.assertEqual({compose[n]["stop_grace_period"] for n in ("engine-1", "engine-2")}, {f"{unit}s"})
        self.assertEqual(resources()["StatefulSet"]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"], unit)
        for path in DEPLOY.glob("*/onecode.toml"):
            drain = int(re.search(r"^drain_s = (\d+)$", self.engine_accepts(path), re.MULTILINE)[1])
            self.assertGreaterEqual(unit, drain + 10, path)

    def test_user(self):
        """deployment: image and Kubernetes name the same user"""
        dockerfile = (DEPLOY / "image/Dockerfile").read_text(encoding="utf-8")
        user, group = map(int, re.search(r"^USER (\d+):(\d+)$", dockerfile, re.MULTILINE).groups())
        self.assertIn(f"--uid {user} ", dockerfile)
        self.assertIn(f"--gid {group} ", dockerfile)
        for kind in ("StatefulSet", "Job"):
            context = resources()[kind]["spec"]["template"]["spec"]["securityContext"]
            self.assertEqual((context["runAsUser"], context["runAsGroup"]), (user, group), kind)

    def test_version(self):
        """deployment: package, image, compose and Kubernetes name the version of the project"""
        version = re.search(r"project\(onecode VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"))[1]
        self.assertTrue((DEPLOY / "debian/changelog").read_text(encoding="utf-8").startswith(f"onecode ({version}) "))
        for name in ("prepare", "engine-1", "engine-2"):
            self.assertEqual(load("deploy/compose/compose.yaml")["services"][name]["image"], f"onecode:{version}")
        self.assertEqual(load("deploy/kubernetes/kustomization.yaml")["images"], [{"name": "onecode", "newTag": version}])


class Compose(Deployment):
    def setUp(self):
        self.compose = load("deploy/compose/compose.yaml")
        self.services = self.compose["services"]
        self.engines = {n: s for n, s in self.services.items() if n.startswith("engine-")}

    def test_mounts(self):
        """compose: what is mounted exists, and every volume is declared"""
        for name, service in self.services.items():
            for mount in service.get("volumes", []):
                source = mount.split(":")[0]
                if source.startswith("."):
                    self.assertTrue((DEPLOY / "compose" / source).exists(), f"{name}: {source}")
                else:
                    self.assertIn(source, self.compose["volumes"], name)

    def test_engines(self):
        """compose: two nodes with ids and volumes of their own, after broker and topics"""
        self.assertEqual(len(self.engines), 2)
        self.assertEqual(len({e["environment"]["ONECODE__NODE__ID"] for e in self.engines.values()}), 2)
        volumes = [m for e in self.engines.values() for m in e["volumes"] if m.endswith(":/var/lib/onecode")]
        self.assertEqual(len(set(volumes)), 2)
        for engine in self.engines.values():
            self.assertEqual(engine["depends_on"]["kafka"]["condition"], "service_healthy")
            self.assertEqual(engine["depends_on"]["prepare"]["condition"], "service_completed_successfully")
            self.engine_takes(engine["command"])
            self.engine_accepts(DEPLOY / "compose/onecode.toml", engine["environment"].items())

    def test_broker(self):
        """compose: the nodes ask the broker where it listens"""
        listeners = self.services["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
        brokers = re.search(r'brokers = "([^"]+)"', (DEPLOY / "compose/onecode.toml").read_text(encoding="utf-8"))[1]
        self.assertIn(f"INSIDE://{brokers}", listeners.split(","))

    def test_prometheus(self):
        """compose: Prometheus scrapes both nodes under the name that rules and dashboards ask for"""
        ours, standard = load("deploy/compose/prometheus.yml"), load("monitoring/prometheus/prometheus.yml")
        (job,), (same) = ours["scrape_configs"], standard["scrape_configs"]
        self.assertEqual(job["job_name"], same[0]["job_name"])
        self.assertEqual(sorted(job["static_configs"][0]["targets"]), [f"{n}:9464" for n in sorted(self.engines)])
        self.assertEqual({k: v for k, v in ours.items() if k != "scrape_configs"},
                         {k: v for k, v in standard.items() if k != "scrape_configs"})
        with tempfile.TemporaryDirectory() as folder:
            # As they lie side by side in the container.
            shutil.copy(DEPLOY / "compose/prometheus.yml", folder)
            shutil.copy(ROOT / "monitoring/prometheus/onecode.rules.yml", folder)
            self.succeeds(ran("promtool", "check", "config", f"{folder}/prometheus.yml"))

    def test_grafana(self):
        """compose: Grafana has the data source and the dashboards of monitoring/ where it looks for them"""
        ours = load("deploy/compose/datasource.yaml")["datasources"][0]
        standard = load("monitoring/grafana/provisioning/datasources/onecode.yaml")["datasources"][0]
        self.assertEqual({**standard, "url": ours["url"]}, ours)
        self.assertEqual(ours["url"], "http://prometheus:9090")
        provider = load("monitoring/grafana/provisioning/dashboards/onecode.yaml")["providers"][0]
        self.assertIn(f"../../monitoring/grafana/dashboards:{provider['options']['path']}:ro", self.services["grafana"]["volumes"])


class Kubernetes(Deployment):
    def setUp(self):
        self.resources = resources()
        self.pod = self.resources["StatefulSet"]["spec"]["template"]

    def test_files(self):
        """kubernetes: the kustomization names every file of its folder"""
        kustomization = load("deploy/kubernetes/kustomization.yaml")
        named = {"kustomization.yaml", *kustomization["resources"], *kustomization["configMapGenerator"][0]["files"]}
        self.assertEqual({p.name for p in (DEPLOY / "kubernetes").iterdir()}, named)

    def test_selectors(self):
        """kubernetes: set, service, budget and anti-affinity select the nodes, and not the job"""
        rules = self.pod["spec"]["affinity"]["podAntiAffinity"]
        far = rules["requiredDuringSchedulingIgnoredDuringExecution"][0]
        self.assertEqual(far["topologyKey"], "kubernetes.io/hostname")
        selectors = {
            "set": self.resources["StatefulSet"]["spec"]["selector"]["matchLabels"],
            "service": self.resources["Service"]["spec"]["selector"],
            "budget": self.resources["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
            "anti-affinity": far["labelSelector"]["matchLabels"],
            "zones": rules["preferredDuringSchedulingIgnoredDuringExecution"][0]["podAffinityTerm"]["labelSelector"]["matchLabels"],
        }
        job = self.resources["Job"]["spec"]["template"]["metadata"]["labels"]
        for name, selector in selectors.items():
            self.assertLessEqual(selector.items(), self.pod["metadata"]["labels"].items(), name)
            self.assertFalse(selector.items() <= job.items(), name)
        self.assertEqual(self.resources["StatefulSet"]["spec"]["serviceName"], self.resources["Service"]["metadata"]["name"])

    def test_node(self):
        """kubernetes: a node is named after its pod, and the engine accepts its configuration"""
        container = self.pod["spec"]["containers"][0]
        self.engine_takes(container["args"])
        self.engine_takes(self.resources["Job"]["spec"]["template"]["spec"]["containers"][0]["args"])
        self.assertEqual(container["env"], [{"name": "ONECODE__NODE__ID", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}])
        effective = self.engine_accepts(DEPLOY / "kubernetes/onecode.toml", {"ONECODE__NODE__ID": "onecode-0"}.items())
        self.assertIn('id = "onecode-0"', effective)
        mounts = {m["name"]: m["mountPath"] for m in container["volumeMounts"]}
        self.assertIn(f'data_dir = "{mounts["data"]}"', effective)
        self.assertIn(f'dir = "{mounts["secrets"]}"', effective)
        self.assertEqual(container["args"][-1], f'{mounts["config"]}/onecode.toml')

    def test_probes(self):
        """kubernetes: restarts depend on /livez, traffic on /readyz, both at the port of the node"""
        container = self.pod["spec"]["containers"][0]
        paths = {p: container[p]["httpGet"]["path"] for p in ("startupProbe", "livenessProbe", "readinessProbe")}
        self.assertEqual(paths, {"startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/readyz"})
        self.assertEqual({container[p]["httpGet"]["port"] for p in paths}, {container["ports"][0]["name"]})
        self.assertIn(f'listen = "0.0.0.0:{container["ports"][0]["containerPort"]}"',
                      (DEPLOY / "kubernetes/onecode.toml").read_text(encoding="utf-8"))
        self.assertEqual(self.resources["Service"]["spec"]["ports"][0]["targetPort"], container["ports"][0]["name"])

    def test_restricted(self):
        """kubernetes: pods keep to the restricted standard of their namespace"""
        for kind in ("StatefulSet", "Job"):
            pod = self.resources[kind]["spec"]["template"]["spec"]
            self.assertTrue(pod["securityContext"]["runAsNonRoot"])
            self.assertEqual(pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
            self.assertFalse(pod["automountServiceAccountToken"])
            volumes = {v["name"] for v in pod.get("volumes", [])}
            volumes |= {c["metadata"]["name"] for c in self.resources[kind]["spec"].get("volumeClaimTemplates", [])}
            for container in pod["containers"]:
                context = container["securityContext"]
                self.assertIs(context["allowPrivilegeEscalation"], False)
                self.assertIs(context["readOnlyRootFilesystem"], True)
                self.assertEqual(context["capabilities"], {"drop": ["ALL"]})
                self.assertIn("memory", container["resources"]["limits"])
                self.assertLessEqual({m["name"] for m in container["volumeMounts"]}, volumes)
