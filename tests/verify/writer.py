"""Transparency logs written from the definitions of RFC 6962 and C2SP, as slowly as they read: the third implementation, after the engine's
and onecode-verify's. Nothing is computed incrementally here, so that no mistake of the other two can be repeated."""

import base64
import dataclasses
import functools
import hashlib
import pathlib
import random
import struct

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

SCAN, DECISION, POSTING, COMMAND, HOLD, FINDING = range(1, 7)
TOPIC = {SCAN: b"scans", POSTING: b"ledger", COMMAND: b"commands"}


def sha256(data):
    return hashlib.sha256(data).digest()


def b64(data):
    return base64.b64encode(data).decode()


def split_at(n):
    """The largest power of two smaller than n."""
    return 1 << ((n - 1).bit_length() - 1)


@functools.lru_cache(maxsize=1 << 20)
def node(left, right):
    return sha256(b"\1" + left + right)


def mth(hashes):
    """MTH(D[n]) of RFC 6962, section 2.1, of leaf hashes."""
    if not hashes:
        return sha256(b"")
    if len(hashes) == 1:
        return hashes[0]
    k = split_at(len(hashes))
    return node(mth(hashes[:k]), mth(hashes[k:]))


def path(m, hashes):
    """PATH(m, D[n]) of section 2.1.1."""
    if len(hashes) == 1:
        return []
    k = split_at(len(hashes))
    if m < k:
        return path(m, hashes[:k]) + [mth(hashes[k:])]
    return path(m - k, hashes[k:]) + [mth(hashes[:k])]


def consistency(m, hashes):
    """PROOF(m, D[n]) of section 2.1.2; nothing is to be proven from an empty tree."""

    def subproof(m, hashes, whole):
        if m == len(hashes):
            return [] if whole else [mth(hashes)]
        k = split_at(len(hashes))
        if m <= k:
            return subproof(m, hashes[:k], whole) + [mth(hashes[k:])]
        return subproof(m - k, hashes[k:], False) + [mth(hashes[:k])]

    return subproof(m, hashes, True) if m else []


def index_path(n):
    digits = f"{n:03d}" if n < 1000 else f"{n:0{(len(str(n)) + 2) // 3 * 3}d}"
    parts = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    return "/".join(["x" + p for p in parts[:-1]] + parts[-1:])


@dataclasses.dataclass
class Leaf:
    kind: int = DECISION
    id: bytes = b"c-1"
    subject: bytes = bytes(range(32))
    payload: bytes = bytes(range(32, 64))
    time: int = 1772424000123
    received: int = 1772424000456
    clock: int = 1
    topic: bytes = b"scans"
    partition: int = 3
    first: int = 0  # `from`
    offset: int = 0
    policy: bytes = b"p-1"
    build: bytes = b"b-1"
    mac: bytes = b""
    version: int = 1
    payload_sm3: bytes = bytes(range(64, 96))  # of version 2 only

    def bytes(self):
        def text(t):
            return struct.pack(">B", len(t)) + t

        return (
            struct.pack(">BB", self.version, self.kind)
            + text(self.id)
            + self.subject
            + self.payload
            + (text(self.payload_sm3) if self.version == 2 else b"")
            + struct.pack(">qqB", self.time, self.received, self.clock)
            + text(self.topic)
            + struct.pack(">IQQ", self.partition, self.first, self.offset)
            + text(self.policy)
            + text(self.build)
            + text(self.mac)
        )


def leaves(n, seed=1, partition=3, gaps=True):
    """What a shard could have logged; records that have no leaf are among it."""
    rng, next_offset, out = random.Random(seed), {}, []
    for i in range(n):
        kind = rng.choice([SCAN, SCAN, SCAN, DECISION, DECISION, POSTING, COMMAND, HOLD, FINDING])
        leaf = Leaf(kind=kind, id=b"c-%d" % i, partition=partition, subject=rng.randbytes(32), payload=rng.randbytes(32))
        leaf.version = 1 + (i // 100) % 2  # as if somebody had switched SM3 on and off
        if kind in TOPIC:
            leaf.topic = TOPIC[kind]
            leaf.first = next_offset.get(kind, 0)
            leaf.offset = leaf.first + (rng.choice([0, 0, 0, 1, 4]) if gaps else 0)
            next_offset[kind] = leaf.offset + 1
            leaf.policy = b""
            leaf.mac = rng.randbytes(16) if kind == SCAN else b""
        elif kind == HOLD:
            leaf.topic, leaf.partition = b"", 0  # a timer
        else:
            leaf.offset = max(0, next_offset.get(SCAN, 1) - 1)
        out.append(leaf.bytes())
    return out


class Key:
    def __init__(self, name, seed, algorithm=b"\1"):
        self.name = name
        self.private = ed25519.Ed25519PrivateKey.from_private_bytes(sha256(b"%d" % seed))
        public = self.private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.encoded = algorithm + public
        self.id = sha256(name.encode() + b"\n" + self.encoded)[:4]

    def verifier(self):
        return f"{self.name}+{self.id.hex()}+{b64(self.encoded)}\n"

    def signature(self, text):
        return f"\u2014 {self.name} {b64(self.id + self.private.sign(text.encode()))}\n"


class Witness(Key):
    """C2SP tlog-cosignature, of Ed25519."""

    def __init__(self, name, seed):
        super().__init__(name, seed, b"\4")

    def cosignature(self, text, seconds=1772424000):
        signature = self.private.sign(f"cosignature/v1\ntime {seconds}\n{text}".encode())
        return f"\u2014 {self.name} {b64(self.id + struct.pack('>Q', seconds) + signature)}\n"


class Log:
    def __init__(self, entries, key, origin=None):
        self.entries, self.key, self.origin = entries, key, origin or key.name
        self.hashes = [sha256(b"\0" + e) for e in entries]

    def text(self, size=None):
        size = len(self.hashes) if size is None else size
        return f"{self.origin}\n{size}\n{b64(mth(self.hashes[:size]))}\n"

    def checkpoint(self, size=None, others="", keys=None):
        text = self.text(size)
        return text + "\n" + others + "".join(k.signature(text) for k in keys or [self.key])

    def proof(self, index, extra=None):
        lines = ["c2sp.org/tlog-proof@v1"] + ([f"extra {b64(extra)}"] if extra is not None else [])
        lines += [f"index {index}"] + [b64(h) for h in path(index, self.hashes)]
        return "\n".join(lines) + "\n\n" + self.checkpoint()

    def add_checkpoint(self, old, size=None, proof=None):
        """A request of C2SP tlog-witness."""
        size = len(self.hashes) if size is None else size
        proof = consistency(old, self.hashes[:size]) if proof is None else proof
        return f"old {old}\n" + "".join(b64(h) + "\n" for h in proof) + "\n" + self.checkpoint(size)

    def files(self, size=None):
        """Path to bytes of all tiles of the log's first `size` entries; a full one for each partial one when it is full."""
        size = len(self.entries) if size is None else size
        out = {}
        for level in range(8):
            below = 256**level
            count = size // below
            for n in range((count + 255) // 256):
                row = range(n * 256, min(count, n * 256 + 256))
                suffix = "" if len(row) == 256 else f".p/{len(row)}"
                hashes = [mth(self.hashes[i * below : (i + 1) * below]) for i in row]
                out[f"tile/{level}/{index_path(n)}{suffix}"] = b"".join(hashes)
                if level == 0:
                    bundle = b"".join(struct.pack(">H", len(self.entries[i])) + self.entries[i] for i in row)
                    out[f"tile/entries/{index_path(n)}{suffix}"] = bundle
        out["checkpoint"] = self.checkpoint(size).encode()
        return out

    def write(self, folder, size=None):
        write(folder, self.files(size))
        return folder


def write(folder, files):
    for name, data in files.items():
        target = pathlib.Path(folder) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


# SM2 by GB/T 32918: y² = x³ + ax + b over the field of P, the point (GX, GY) has order N.
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A, B = P - 3, 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
GX = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
GY = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0


def plus(p, q):
    if p is None or q is None:
        return p or q
    if p[0] == q[0] and (p[1] + q[1]) % P == 0:
        return None
    slope = (3 * p[0] ** 2 + A) * pow(2 * p[1], -1, P) if p == q else (q[1] - p[1]) * pow(q[0] - p[0], -1, P)
    x = (slope**2 - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def times(k, p):
    out = None
    for bit in f"{k:b}":
        out = plus(out, out)
        out = plus(out, p) if bit == "1" else out
    return out


def sm3(*parts):
    return hashlib.new("sm3", b"".join(parts)).digest()


def b32(n):
    return n.to_bytes(32, "big")


class Sm2Key:
    """As Key, of the type that onecode has for SM2."""

    USER = b"1234567812345678"

    def __init__(self, name, seed, prefix=b"\xffonecode/sm2"):
        self.name, self.d = name, int.from_bytes(sha256(b"sm2 %d" % seed), "big") % N
        self.public = times(self.d, (GX, GY))
        self.encoded = prefix + b"\4" + b32(self.public[0]) + b32(self.public[1])
        self.id = sha256(name.encode() + b"\n" + self.encoded)[:4]

    verifier = Key.verifier

    def numbers(self, text, user=USER):
        z = sm3(struct.pack(">H", len(user) * 8), user, *map(b32, (A, B, GX, GY, *self.public)))
        e = int.from_bytes(sm3(z, text), "big")
        k = int.from_bytes(sha256(b32(self.d) + text), "big") % N  # any one that no other text has
        r = (e + times(k, (GX, GY))[0]) % N
        return b32(r) + b32(pow(1 + self.d, -1, N) * (k - r * self.d) % N)

    def signature(self, text):
        return f"\u2014 {self.name} {b64(self.id + self.numbers(text.encode()))}\n"


@dataclasses.dataclass
class Entry:
    """A record of a bundle: an entry of a log, and what opens it."""

    log: Log
    index: int
    payload: bytes = None
    salt: bytes = None
    subject: bytes = None

    def files(self, number):
        out = {"leaf": self.log.entries[self.index], "tlog-proof": self.log.proof(self.index).encode()}
        if self.payload is not None:
            out["payload"] = self.payload
        if self.subject is not None:
            out["subject"] = self.salt.hex().encode() + b" " + self.subject + b"\n"
        return {f"records/{number:04}.{suffix}": data for suffix, data in out.items()}


def open_leaf(payload, salt, subject, **fields):
    """A leaf whose payload and subject are those."""
    return Leaf(payload=sha256(payload), subject=sha256(salt + subject), **fields)


def manifest_text(files, about="account a-0012345", made="2026-03-03T05:00:00.000Z"):
    lines = [f"file {sha256(data).hex()} {len(data)} {path}\n" for path, data in sorted(files.items(), key=lambda f: f[0].encode())]
    return f"onecode-bundle/1\nabout {about}\nmade {made}\n" + "".join(lines)


def signed(text, *keys):
    return (text + "\n" + "".join(k.signature(text) for k in keys)).encode()


def bundle(entries, key, more=None, **manifest):
    """Path to bytes of all files of a bundle."""
    files = {
        "VERIFY.html": b"<!doctype html><p>onecode-verify bundle . --keys FILE\n",
        "keys.txt": key.verifier().encode(),
        "policy/p-1.json": b'{"version":"p-1"}\n',
        "explanation/0001.zh.txt": "门没有开。\n".encode(),
        "explanation/0001.en.txt": b"The door stayed closed.\n",
        **(more or {}),
    }
    for i, entry in enumerate(entries):
        files |= entry.files(i + 1)
    return files | {"manifest": signed(manifest_text(files, **manifest), key)}
