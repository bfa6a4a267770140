#!/usr/bin/env bash
# Labelled campuses, one per seed: simulated, replayed, and all findings together held against the truth. Prints the figures
# and puts them into docs/detection.md (not with --quick). Called by `./dev evaluate`, which builds the executable first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'TEXT'
./dev evaluate --seeds 101,102,103 [--people 20000] [--days 28]    the figures of docs/detection.md
./dev evaluate --quick                                             one small campus, printed only
  --markdown FILE   put the figures into this document instead of docs/detection.md
  --keep            leave event files, truth and findings in build/evaluate/
TEXT
}
die() { printf '%s\n' "$*" >&2; exit 2; }

onecode=${ONECODE_BIN:-build/release/onecode}
seeds='' people='' days=28 quick=0 keep=0 markdown=''
while (($#)); do
  case $1 in
    --seeds) seeds=${2:?--seeds needs numbers, separated by commas} && shift 2 ;;
    --people) people=${2:?--people needs a number} && shift 2 ;;
    --days) days=${2:?--days needs a number} && shift 2 ;;
    --markdown) markdown=${2:?--markdown needs a file} && shift 2 ;;
    --quick) quick=1 && shift ;;
    --keep) keep=1 && shift ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
done
if ((quick)); then
  seeds=${seeds:-1} people=${people:-400} figures=build/evaluate/quick.json
else
  [[ -n $seeds ]] || { usage >&2; exit 2; }
  people=${people:-20000} markdown=${markdown:-docs/detection.md} figures=build/evaluate/figures.json
fi
[[ $seeds =~ ^[0-9]+(,[0-9]+)*$ ]] || die "--seeds: '$seeds' is not a list such as 101,102,103"
[[ -x $onecode ]] || die "$onecode is not there: ./dev build"

mkdir -p build/evaluate
work=$(mktemp -d build/evaluate/run.XXXXXX)
if ! ((keep)); then trap 'rm -rf "$work"' EXIT; fi
trap 'exit 130' INT
trap 'exit 143' TERM HUP

pairs=()
for seed in ${seeds//,/ }; do
  at=$work/$seed
  mkdir "$at"
  printf '== seed %s: %s people, %s days\n' "$seed" "$people" "$days" >&2
  "$onecode" simulate --seed "$seed" --people "$people" --days "$days" \
    --out "$at/campus.ndjson" --truth "$at/truth.ndjson" --secrets-out "$at/secrets.json" >&2
  "$onecode" replay "$at/campus.ndjson" --out "$at/found" --topics alerts,compliance,freezes,notices,dead-letters \
    --secrets "$at/secrets.json" --unsigned-commands >&2
  # Gigabytes, and the next seed has its own.
  if ! ((keep)); then rm "$at/campus.ndjson"; fi
  pairs+=(--truth "$at/truth.ndjson" --out "$at/found")
done

"$onecode" evaluate "${pairs[@]}" --json >"$work/figures.json"
mv "$work/figures.json" "$figures"
printf '== all figures, each false finding and each missed misuse: %s\n' "$figures" >&2
if [[ -n $markdown ]]; then pairs+=(--markdown "$markdown"); fi
"$onecode" evaluate "${pairs[@]}"
