#!/usr/bin/env bash
# Fuzzes every reader for some seconds each (default 20), under the address and undefined-behaviour sanitizers, as many at
# once as there are processors:
#     tests/fuzz/run.sh [SECONDS [TARGET...]]
# What is found lies in build/fuzz/corpus, with libFuzzer's names (crash-..., timeout-...), and makes the status 1.
set -euo pipefail
export seconds=${1:-20} program=build/fuzz/tests/fuzz/fuzz_readers corpus=build/fuzz/corpus
cd "$(dirname "$0")/../.."
fuzz() {
    local files="$corpus/$1"
    mkdir -p "$files"
    # An input of 8 kB has no reason to take more memory than this at once.
    FIRTH_FUZZ_TARGET=$1 FIRTH_FUZZ_SEEDS=$files "$program" -max_total_time="$seconds" -max_len=8192 -timeout=10 \
        -malloc_limit_mb=48 -rss_limit_mb=1024 -artifact_prefix="$files/" -print_final_stats=1 "$files" >"$files.log" 2>&1 ||
        { tail -n 40 "$files.log"; echo "$1: a finding, see above and $files"; return 1; }
    echo "$1: $(grep -o "number_of_executed_units: .*" "$files.log" | tr -s ' ')"
}
export -f fuzz
shift $(($# > 0))
{ if [ $# -gt 0 ]; then printf '%s\n' "$@"; else "$program"; fi; } |
    xargs -n 1 -P "$(nproc)" bash -euo pipefail -c 'fuzz "$1"' fuzz
