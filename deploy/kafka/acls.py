#!/usr/bin/python3
"""Kafka's ACLs for onecode, from the table of roles beside this file (roles.toml).

Without --apply it changes nothing and needs no broker: it prints the calls of kafka-acls.sh, one a line, to be read,
kept or piped into a shell. Giving a right twice does no harm. Rights are only added; --check says which are missing
and which the broker has beyond the table, and exits 1 if there are any.

  acls.py --bootstrap-server k1:9093 --command-config super.properties
  acls.py --bootstrap-server k1:9093 --command-config super.properties --apply
  acls.py --principal gateway=User:gw-03 --principal gateway=User:gw-04 --role gateway   # only gateways
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tomllib

ROLES = pathlib.Path(__file__).resolve().parent / "roles.toml"


def load():
    return tomllib.loads(ROLES.read_text(encoding="utf-8"))


class Grant:
    """One call of kafka-acls.sh: what some principals may do with some resources of one pattern."""

    def __init__(self, principals, operations, resources, pattern="literal"):
        self.principals, self.operations, self.resources, self.pattern = principals, operations, resources, pattern

    def arguments(self):
        out = ["--add"]
        for principal in self.principals:
            out += ["--allow-principal", principal]
        for operation in self.operations:
            out += ["--operation", operation]
        for kind, name in self.resources:
            out += ["--cluster"] if kind == "cluster" else [f"--{kind}", name]
        return out + (["--resource-pattern-type", self.pattern] if self.pattern != "literal" else [])

    def acls(self):
        """The single rights, as --list names them."""
        for principal in self.principals:
            for operation in self.operations:
                for kind, name in self.resources:
                    yield (principal, operation.upper(), kind.upper().replace("-", "_"), name, self.pattern.upper())


def grants(role, topics, principals, prefix, group):
    """What a role may do. Describe comes with every other right; writing with idempotence needs no right of its own
    since Kafka 3.0."""

    def named(names):
        return [("topic", prefix + name) for name in names]

    out = []
    if role.get("groups") == "own":  # one call each: nobody gets another's group
        out += [Grant([p], ["Read"], named(role["read"]) + [("group", name_of(p))]) for p in principals]
    elif role.get("read"):
        out.append(Grant(principals, ["Read"], named(role["read"]) + [("group", group)] * (role.get("groups") == "engine")))
    if role.get("write"):
        out.append(Grant(principals, ["Write"], named(role["write"])))
    if role.get("trim"):
        out.append(Grant(principals, ["Delete"], named(role["trim"])))
    manage = ["Create", "Alter", "AlterConfigs", "Delete"] if role.get("topics") == "manage" else []
    if role.get("settings") == "all":
        out.append(Grant(principals, ["Describe", "DescribeConfigs", *manage], named(topics)))
    if role.get("cluster") == "describe":
        out.append(Grant(principals, ["Describe"], [("cluster", "kafka-cluster")] + [("group", "*")] * (role.get("groups") == "describe")))
    if role.get("transactions"):
        out.append(Grant(principals, ["Write"], [("transactional-id", group + "-")], "prefixed"))
    return out


def name_of(principal):
    return principal.partition(":")[2]


def wanted(options, table):
    principals = {}
    for given in options.principal:
        role, equals, principal = given.partition("=")
        if role not in table["roles"]:
            sys.exit(f"acls.py: --principal {given}: there is no role {role!r}; the roles are: {' '.join(table['roles'])}")
        if not equals or not re.fullmatch(r"[A-Za-z]+:.+", principal):
            sys.exit(f"acls.py: --principal {given}: must be ROLE=User:NAME")
        if table["roles"][role].get("groups") == "own" and name_of(principal) == options.group:
            sys.exit(f"acls.py: --principal {given}: its group would be the engine's, and whoever may join that takes partitions away")
        principals.setdefault(role, []).append(principal)
    return {
        name: grants(role, table["topics"], principals.get(name, [f"User:onecode-{name}"]), options.prefix, options.group)
        for name, role in table["roles"].items()
        if not options.role or name in options.role
    }


def call(options, arguments):
    command = [options.kafka_acls, "--bootstrap-server", options.bootstrap_server]
    if options.command_config:
        command += ["--command-config", options.command_config]
    return command + arguments


def run(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        sys.exit(f"acls.py: {command[0]}: {error.strerror}; --kafka-acls says where Kafka's own tool is")
    # It exits 0 after some refusals and says so in a line "Error while executing ACL command".
    if done.returncode != 0 or "Error while executing" in done.stdout + done.stderr:
        sys.exit(f"acls.py: {shlex.join(command)}\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout


def apply(options, by_role):
    commands = [call(options, grant.arguments()) for of_role in by_role.values() for grant in of_role]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as several:  # each is a JVM that lives for a second
        for n, _ in enumerate(several.map(run, commands), 1):
            print(f"\r{n}/{len(commands)} calls", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def listed(text):
    """What `kafka-acls.sh --list` prints, as Grant.acls()."""
    found, resource = set(), None
    for line in text.splitlines():
        if head := re.search(r"resourceType=(\w+), name=(.*), patternType=(\w+)\)", line):
            resource = head.groups()
        elif acl := re.search(r"principal=(.*), host=(.*), operation=(\w+), permissionType=(\w+)\)", line):
            principal, host, operation, permission = acl.groups()
            more = "" if (host, permission) == ("*", "ALLOW") else f" ({permission} from {host})"
            kind, name, pattern = resource
            found.add((principal + more, operation.replace("_", ""), kind, name, pattern))
    return found


def check(options, by_role):
    want = {acl for of_role in by_role.values() for grant in of_role for acl in grant.acls()}
    have = listed(run(call(options, ["--list"])))
    known, topics = {acl[0] for acl in want}, {acl[3] for acl in want if acl[2] == "TOPIC"}

    def beyond(acl):
        """Of somebody in the table, or of anybody else on a topic of the table."""
        principal, _, kind, name, pattern = acl
        covers = name == "*" or name in topics or pattern == "PREFIXED" and any(t.startswith(name) for t in topics)
        return principal.split(" (")[0] in known or kind == "TOPIC" and covers

    complaints = [f"missing: {' '.join(acl)}" for acl in sorted(want - have)]
    complaints += [f"not in the table: {' '.join(acl)}" for acl in sorted(filter(beyond, have - want))]
    print("\n".join(complaints) or "the broker has what the table says")
    return 1 if complaints else 0


def markdown(table):
    """The table for people: a row for each topic, a column for each role that reads or writes."""
    roles = {name: role for name, role in table["roles"].items() if role.get("read") or role.get("write")}
    lines = ["| topic | " + " | ".join(roles) + " |", "|---" * (len(roles) + 1) + "|"]
    for topic in table["topics"]:
        cells = ["".join(letter for letter in ("read", "write") if topic in role.get(letter, [])) for role in roles.values()]
        words = {"": "", "read": "R", "write": "W", "readwrite": "RW"}
        lines.append(f"| `{topic}` | " + " | ".join(words[cell] for cell in cells) + " |")
    lines += ["", "| role | who | what else | why |", "|---|---|---|---|"]
    for name, role in table["roles"].items():
        more = [f"deletes records of `{topic}`" for topic in role.get("trim", [])]
        more += ["sees all topics and their settings"] * (role.get("settings") == "all")
        more += ["creates, changes and deletes topics"] * (role.get("topics") == "manage")
        more += {"engine": ["joins the engine's group"], "own": ["a group named as its principal"], "describe": ["sees all groups"]}.get(
            role.get("groups"), []
        )
        more += ["the engine's transactional ids"] * bool(role.get("transactions"))
        more += ["sees brokers"] * (role.get("cluster") == "describe")
        lines.append(f"| `{name}` | {role['who']} | {', '.join(more)} | {role['why']} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--apply", action="store_true", help="make the calls instead of printing them")
    mode.add_argument("--check", action="store_true", help="compare with what the broker has; exit 1 if it differs")
    mode.add_argument("--table", action="store_true", help="print the table for people (Markdown)")
    parser.add_argument("--role", action="append", metavar="ROLE", help="only this role; may be repeated")
    parser.add_argument("--principal", action="append", default=[], metavar="ROLE=User:NAME",
                        help="who has a role (default User:onecode-ROLE); may be repeated, also for one role")
    parser.add_argument("--prefix", default="onecode.", help="before every topic name, as [kafka] prefix (default %(default)s)")
    parser.add_argument("--group", default="onecode", help="the engine's group, as [kafka] group (default %(default)s)")
    parser.add_argument("--bootstrap-server", default="localhost:9092", metavar="HOST:PORT", help="(default %(default)s)")
    parser.add_argument("--command-config", metavar="FILE", help="Kafka's client properties of a super user")
    parser.add_argument("--kafka-acls", default="kafka-acls.sh", metavar="PROGRAM", help="Kafka's tool (default %(default)s)")
    options = parser.parse_args()
    table = load()
    if options.table:
        print(markdown(table), end="")
        return 0
    for name in options.role or []:
        if name not in table["roles"]:
            parser.error(f"there is no role {name!r}; the roles are: {' '.join(table['roles'])}")
    by_role = wanted(options, table)
    if options.apply:
        apply(options, by_role)
    elif options.check:
        return check(options, by_role)
    else:
        for name, of_role in by_role.items():
            print(f"# {name}: {table['roles'][name]['who']}")
            for grant in of_role:
                print(shlex.join(call(options, grant.arguments())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
