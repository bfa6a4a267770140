#!/bin/bash
# Runs inside a Debian of its own that has nothing installed (`./dev debian`): what somebody does who has just cloned this
# repository with git. /source is that clone. What ./dev forgets to install, or takes from its author's machine, is missed here.
set -euo pipefail

# shellcheck source=/dev/null
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
rm -rf /etc/apt/sources.list.d/* /etc/apt/apt.conf.d/docker-clean # which would throw away what the next run can use
{
  printf 'deb %s %s main\n' "$ONECODE_DEBIAN_MIRROR" "$codename" "$ONECODE_DEBIAN_MIRROR" "$codename-updates"
  if [[ -n $ONECODE_DEBIAN_SECURITY_MIRROR ]]; then echo "deb $ONECODE_DEBIAN_SECURITY_MIRROR $codename-security main"; fi
} >/etc/apt/sources.list
apt-get -q update
DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 install --no-install-recommends git ca-certificates # they cloned it
update-ca-certificates >/dev/null

cp -r /source /onecode # a copy that belongs to the user in here
cd /onecode
trap 'exit 143' INT TERM # in a container this is process 1, which no signal ends by itself
rc=0
./dev "$@" </dev/null &
wait "$!" || rc=$?
echo "newcomer: Debian $(cat /etc/debian_version) ($codename), g++ $(g++ -dumpfullversion 2>/dev/null || echo 'not installed')"
exit "$rc"
