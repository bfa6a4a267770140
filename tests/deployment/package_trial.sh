#!/bin/bash
# Runs inside a Debian of its own that systemd has booted (`./dev package`): the package is installed, its node started
# against a real Kafka, upgraded, removed and purged. /trial holds the package; its first failure ends it.
set -euo pipefail

broker=$1
deb=(/trial/onecode_*.deb)
config=/etc/onecode/onecode.toml

step() { echo "trial: $*"; }
fail() { echo "trial FAILED: $*"; journalctl --no-pager -u onecode.service | tail -n 30; exit 1; }
expect() { # what it is, what it should be, what this is about
  [[ $1 == "$2" ]] || fail "$3: '$1', expected '$2'"
}
property() { systemctl show --property "$1" --value onecode.service; }
ready() {
  for _ in {1..300}; do
    [[ $(curl -s http://127.0.0.1:9464/readyz) == ready* ]] && return
    [[ $(property ActiveState) == active ]] || fail "the service is $(property ActiveState)"
    sleep 0.2
  done
  fail "not ready: $(curl -s http://127.0.0.1:9464/readyz)"
}

# Whatever carries our name; what dpkg, apt and systemd's journal keep about any package is not ours.
left_behind() {
  { find /etc /usr /var /run -xdev -path '*onecode*'; getent passwd onecode; getent group onecode; } |
    grep -vE '^/var/(lib/(apt|dpkg)|log|cache)/' || true
}

export DEBIAN_FRONTEND=noninteractive
apt-get -q update
apt-get -q -y --no-install-recommends install "${deb[@]}"
step "installed"
expect "$(property ActiveState)" inactive "a fresh installation starts nothing"
expect "$(stat -c '%U:%G %a' $config)" 'root:onecode 640' "$config"
expect "$(stat -c '%U:%G %a' /var/lib/onecode)" 'onecode:onecode 750' /var/lib/onecode
onecode config check $config >/dev/null

sed -i "s/^brokers = .*/brokers = \"$broker\"/" $config
onecode topics create --config $config
systemctl enable --now onecode.service
ready
step "the service runs as $(ps -o user= -p "$(property MainPID)") and is ready"
expect "$(ps -o user= -p "$(property MainPID)")" onecode "the user of the process"
systemd-analyze security --threshold=20 --no-pager onecode.service >/trial/security || fail "exposure above 2.0"
tail -n 1 /trial/security
[[ $(curl -s http://127.0.0.1:9464/metrics) == *process_start_time_seconds* ]] || fail "/proc/stat is out of reach"

sed -i 's/^\[log\]/[log]\nlevel = "debug"/' $config
systemctl reload onecode.service
for _ in {1..100}; do
  [[ $(curl -s http://127.0.0.1:9464/metrics) == *'onecode_config_reloads_total{result="applied"} 1'* ]] && break
  sleep 0.1
done
[[ $(curl -s http://127.0.0.1:9464/metrics) == *'onecode_config_reloads_total{result="applied"} 1'* ]] || fail "the reload did not reach the node"
sed -i 's/^level = "debug"/level = "loud"/' $config
if systemctl reload onecode.service; then fail "a wrong configuration was reloaded"; fi
sed -i '/^level = "loud"/d' $config
expect "$(property ActiveState)" active "after a reload"
step "reloads its configuration, and refuses a wrong one"

before=$(property MainPID)
dpkg -i "${deb[@]}"
ready
[[ $(property MainPID) != "$before" ]] || fail "an upgrade left the old process running"
grep -q "$broker" $config || fail "an upgrade lost the configuration"
step "upgraded in place, ready again"

# What the image asks itself. Without a node, and of a node that is not ready, it must say no.
ONECODE__HTTP__LISTEN=0.0.0.0:9464 /trial/healthcheck || fail "the health check says no to a live node"
if ONECODE__HTTP__LISTEN=0.0.0.0:9464 /trial/healthcheck /nowhere; then fail "the health check takes a 404"; fi
step "the image's health check answers"

systemctl stop onecode.service
if ONECODE__HTTP__LISTEN=0.0.0.0:9464 /trial/healthcheck 2>/dev/null; then fail "the health check says yes to no node"; fi
expect "$(property Result)" success "the result of stopping"
journalctl -u onecode.service | grep -q 'left the group cleanly' || fail "the node did not leave cleanly"
step "stopped cleanly"

# What compose runs before its nodes, twice, and a node that takes its policy.
mkdir /keys /config
export ONECODE__KAFKA__BROKERS=$broker ONECODE__KAFKA__PREFIX=compose. ONECODE__KAFKA__GROUP=compose
ONECODE_COMPOSE_CONFIG=/trial/compose.toml /trial/prepare
[[ $(ONECODE_COMPOSE_CONFIG=/trial/compose.toml /trial/prepare) == *"the policy in force stays"* ]] || fail "the second run publishes again"
[[ $(onecode policy show --config /config/onecode.toml) == *'"version": "compose-1"'* ]] || fail "no policy was published"
ONECODE__NODE__DATA_DIR=/tmp/compose onecode run --config /config/onecode.toml 2>/tmp/compose.log &
for _ in {1..300}; do
  [[ $(curl -s http://127.0.0.1:9464/readyz) == ready* ]] && break
  sleep 0.2
done
[[ $(curl -s http://127.0.0.1:9464/status) == *compose-1* ]] || { cat /tmp/compose.log; fail "the node does not run the policy of compose"; }
kill %1
wait %1 || fail "the node ended with $?"
unset ONECODE__KAFKA__BROKERS ONECODE__KAFKA__PREFIX ONECODE__KAFKA__GROUP
rm -r /keys /config /tmp/compose
step "compose's preparation makes topics, a key and a policy once, and a node runs that policy"

systemctl start onecode.service
ready
dpkg -r onecode
expect "$(systemctl is-active onecode.service || true)" inactive "removal stops the service"
[[ -e $config && -d /var/lib/onecode/shard-0 && ! -e /usr/bin/onecode ]] || fail "removal keeps configuration and stores, and nothing else"
step "removed, configuration and stores kept"

dpkg -i "${deb[@]}"
expect "$(systemctl is-enabled onecode.service)" enabled "the service after it came back"
systemctl start onecode.service
ready
step "installed again, ready again"

dpkg --purge onecode
left=$(left_behind)
[[ -z $left ]] || fail "purging left behind: $left"
step "purged, nothing is left"
step PASSED
