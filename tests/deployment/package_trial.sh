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

before=$(property MainPID)
dpkg -i "${deb[@]}"
ready
[[ $(property MainPID) != "$before" ]] || fail "an upgrade left the old process running"
grep -q "$broker" $config || fail "an upgrade lost the configuration"
step "upgraded in place, ready again"

systemctl stop onecode.service
expect "$(property Result)" success "the result of stopping"
journalctl -u onecode.service | grep -q 'left the group cleanly' || fail "the node did not leave cleanly"
step "stopped cleanly"

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
