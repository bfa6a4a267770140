"""A Kafka of its own as in production: TLS everywhere, SASL/SCRAM and mTLS, authorisation switched on, and only what
deploy/kafka/acls.py gave. Certificates, users and passwords are made for this run and go with it."""

import logging
import os
import pathlib
import secrets
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import tomllib

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = os.environ.get("ONECODE_BIN", str(ROOT / "build/release/onecode"))
ACLS = ROOT / "deploy/kafka/acls.py"
TABLE = tomllib.loads((ROOT / "deploy/kafka/roles.toml").read_text(encoding="utf-8"))
TOPICS, ROLES = TABLE["topics"], TABLE["roles"]
JAVA = ["java", "-cp", str(ROOT / "build/kafka/lib") + "/*", "-XX:+UseSerialGC"]
PREFIX, GROUP = "campus.", "campus"
SILENT = logging.getLogger("librdkafka")  # refusals are what is asked for here
SILENT.addHandler(logging.NullHandler())
SILENT.propagate = False
PATIENCE = 60  # seconds for whatever must happen; nothing takes as long


def ran(*command, check=True, **more):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **more)
    if check and done.returncode != 0:
        raise RuntimeError(f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def free_ports(n):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


class Certificates:
    """An authority, and what it has signed: NAME.key, NAME.crt, and both in NAME.pem."""

    def __init__(self, folder, name="authority"):
        self.folder, self.ca = folder, folder / f"{name}.crt"
        self.key = folder / f"{name}.key"
        ran("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2,
            "-subj", f"/CN=onecode test {name}", "-keyout", self.key, "-out", self.ca)

    def sign(self, name, *extensions):
        key, request, certificate = (self.folder / f"{name}.{end}" for end in ("key", "csr", "crt"))
        ran("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/O=onecode/CN={name}",
            "-keyout", key, "-out", request)
        (self.folder / f"{name}.ext").write_text("\n".join(extensions))
        ran("openssl", "x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.key, "-CAcreateserial", "-days", 2,
            "-extfile", self.folder / f"{name}.ext", "-out", certificate)
        (self.folder / f"{name}.pem").write_text(key.read_text() + certificate.read_text())


class SecuredKafka:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="onecode-security-"))
        self.broker = None
        try:
            self.certificates = Certificates(self.folder)
            self.certificates.sign("broker", "subjectAltName=IP:127.0.0.1,DNS:localhost")
            self.certificates.sign("onecode-engine", "extendedKeyUsage=clientAuth")
            self.passwords = {f"onecode-{role}": secrets.token_urlsafe(18) for role in ROLES} | {"super": secrets.token_urlsafe(18)}
            self.start()
        except BaseException:
            self.close()
            raise

    def close(self):
        if self.broker:
            self.broker.kill()
            self.broker.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        sasl, mtls, controller = free_ports(3)
        self.sasl, self.mtls = f"127.0.0.1:{sasl}", f"127.0.0.1:{mtls}"
        (self.folder / "server.properties").write_text(f"""
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=SASL://{self.sasl},MTLS://{self.mtls},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=SASL://{self.sasl},MTLS://{self.mtls}
listener.security.protocol.map=SASL:SASL_SSL,MTLS:SSL,CONTROLLER:SSL
controller.listener.names=CONTROLLER
inter.broker.listener.name=MTLS
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.mtls.ssl.client.auth=required
listener.name.controller.ssl.client.auth=required
ssl.principal.mapping.rules=RULE:^CN=([A-Za-z0-9._-]+),O=onecode$/$1/
ssl.keystore.type=PEM
ssl.keystore.location={self.folder}/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location={self.certificates.ca}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:broker;User:super
log.dirs={self.folder}/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=2
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
group.initial.rebalance.delay.ms=0
message.max.bytes=17825792
log.cleaner.dedupe.buffer.size=2097152
num.network.threads=2
num.io.threads=2
""")
        (self.folder / "log4j.properties").write_text(
            "log4j.rootLogger=WARN, err\nlog4j.appender.err=org.apache.log4j.ConsoleAppender\nlog4j.appender.err.target=System.err\n"
            "log4j.appender.err.layout=org.apache.log4j.PatternLayout\nlog4j.appender.err.layout.ConversionPattern=[%d] %p %m (%c)%n\n")
        users = [f"--add-scram=SCRAM-SHA-512=[name={name},password={word}]" for name, word in self.passwords.items()]
        ran(*self.java(), "kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c", self.folder / "server.properties", *users)
        with open(self.folder / "broker.log", "wb") as log:
            self.broker = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *JAVA, "-Xmx384m", f"-Dlog4j.configuration=file:{self.folder}/log4j.properties",
                 "kafka.Kafka", str(self.folder / "server.properties")], stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                Consumer(self.client("super", **{"group.id": "super"})).list_topics(timeout=1)
                break
            except KafkaException as error:
                if self.broker.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"Kafka does not start: {error}\n" + (self.folder / "broker.log").read_text()[-3000:]) from None
        (self.folder / "super.properties").write_text(
            "security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\nsasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule"
            f' required username="super" password="{self.passwords["super"]}";\nssl.truststore.type=PEM\n'
            f"ssl.truststore.location={self.certificates.ca}\n")
        # What a Kafka installation has in bin/. From an archive of its loaded classes (Java 13 and later) it starts twice as fast.
        archive = ROOT / "build/kafka/acls.jsa"
        for way in ["ArchiveClassesAtExit"] * (not archive.exists()) + ["SharedArchiveFile"]:
            self.tool = self.folder / "kafka-acls.sh"
            self.tool.write_text(f"#!/bin/sh\nexec {shlex.join(self.java())} -XX:+IgnoreUnrecognizedVMOptions -XX:{way}={archive}"
                                 ' kafka.admin.AclCommand "$@"\n')
            self.tool.chmod(0o755)
            if way != "SharedArchiveFile":
                self.acls("--check", check=False)

    def java(self):
        return [*JAVA, "-XX:TieredStopAtLevel=1", f"-Dlog4j.configuration=file:{self.folder}/log4j.properties"]

    def acls(self, *arguments, check=True):
        return ran(sys.executable, ACLS, "--bootstrap-server", self.sasl, "--command-config", self.folder / "super.properties",
                   "--kafka-acls", self.tool, "--prefix", PREFIX, "--group", GROUP, *arguments, check=check)

    def kafka_acls(self, *arguments):
        return ran(self.tool, "--bootstrap-server", self.sasl, "--command-config", self.folder / "super.properties", *arguments)

    # ---- clients -----------------------------------------------------------------------------------------------

    def client(self, user, **more):
        """librdkafka's settings, as a gateway has them."""
        return {"bootstrap.servers": self.sasl, "security.protocol": "SASL_SSL", "ssl.ca.location": str(self.certificates.ca),
                "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": user, "sasl.password": self.passwords[user],
                "log_level": 0, **more}


    def config(self, role, name=None, **more):
        """A configuration for the engine's own programs; the password stands in a file."""
        name = name or f"onecode-{role}"
        secret = self.folder / f"{name}.password"
        secret.write_text(self.passwords[f"onecode-{role}"] + "\n")
        kafka = {"brokers": self.sasl, "group": GROUP} | more
        file = self.folder / f"{name}.toml"
        file.write_text(
            f'[node]\nid = "n1"\ndata_dir = "{self.folder}/data-{name}"\n[http]\nlisten = "127.0.0.1:0"\n'
            f'[kafka]\nbrokers = "{kafka["brokers"]}"\nprefix = "{PREFIX}"\ngroup = "{kafka["group"]}"\n'
            f'[kafka.properties]\n"security.protocol" = "SASL_SSL"\n"ssl.ca.location" = "{self.certificates.ca}"\n'
            f'"sasl.mechanism" = "SCRAM-SHA-512"\n"sasl.username" = "onecode-{role}"\n'
            f'[kafka.property_files]\n"sasl.password" = "{secret}"\n')
        return file

    def mtls_config(self, certificates, name="onecode-engine"):
        file = self.folder / "mtls.toml"
        file.write_text(
            f'[node]\ndata_dir = "{self.folder}/data-mtls"\n[kafka]\nbrokers = "{self.mtls}"\nprefix = "{PREFIX}"\ngroup = "{GROUP}"\n'
            f'[kafka.properties]\n"security.protocol" = "SSL"\n"ssl.ca.location" = "{self.certificates.ca}"\n'
            f'"ssl.certificate.location" = "{certificates.folder}/{name}.crt"\n"ssl.key.location" = "{certificates.folder}/{name}.key"\n')
        return file


def onecode(*arguments, check=True, **more):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("ONECODE__")}
    return ran(BIN, *arguments, check=check, env=clean | more.pop("env", {}), timeout=PATIENCE, **more)


def error_of(work):
    """The name of the error that Kafka's client gives; None: it worked."""
    try:
        work()
    except KafkaException as error:
        return error.args[0].name()
    return None


def writes(settings, topics):
    """What becomes of a record for each of these topics: None or the name of the error."""
    out = {}
    producer = Producer({**settings, "message.timeout.ms": PATIENCE * 1000, "linger.ms": 0})
    for topic in topics:
        producer.produce(PREFIX + topic, b"{}", b"nobody", partition=0,
                         on_delivery=lambda error, _, topic=topic: out.__setitem__(topic, error and error.name()))
    producer.flush(PATIENCE)
    return out


def reads(settings, topics):
    """What becomes of reading each of these topics: None (a record, or the end of the partition) or the name of the error."""
    out = {}
    consumer = Consumer({**settings, "enable.auto.commit": False, "enable.partition.eof": True, "isolation.level": "read_committed"})
    # A topic that may not be seen is refused when its partitions are asked for, before anything is fetched.
    for topic in topics:
        error = consumer.list_topics(PREFIX + topic, PATIENCE).topics[PREFIX + topic].error
        if error:
            out[topic] = error.name()
    consumer.assign([TopicPartition(PREFIX + topic, 0, 0) for topic in topics if topic not in out])
    deadline = time.monotonic() + PATIENCE
    while len(out) < len(topics) and time.monotonic() < deadline:
        message = consumer.poll(1)
        if message is None or message.topic() is None:
            continue
        error = message.error()
        fine = error is None or error.code() == KafkaError._PARTITION_EOF
        out.setdefault(message.topic().removeprefix(PREFIX), None if fine else error.name())
    consumer.close()
    return out


def joins(settings, topic):
    """What becomes of joining a group to read this topic: None or the name of the error."""
    consumer, assigned = Consumer(settings), []
    consumer.subscribe([PREFIX + topic], on_assign=lambda _, partitions: assigned.append(partitions))
    deadline, error = time.monotonic() + PATIENCE, "nothing"
    while time.monotonic() < deadline:
        message = consumer.poll(0.1)
        if assigned:
            error = None
            break
        if message and message.error():
            error = message.error().name()
            break
    consumer.close()
    return error
