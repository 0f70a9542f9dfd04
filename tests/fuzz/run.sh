#!/usr/bin/env bash
# Fuzzes every reader for some seconds each (default 20), under the address and undefined-behaviour sanitizers:
#     tests/fuzz/run.sh [SECONDS [FOLDER_OF_PROGRAMS [CORPUS]]]
# What is found lies in the corpus folder, with libFuzzer's names (crash-..., timeout-...), and ends the run.
set -euo pipefail
seconds=${1:-20}
programs=${2:-build/fuzz/tests/fuzz}
corpus=${3:-build/fuzz/corpus}
for program in "$programs"/fuzz_*; do
    [ -x "$program" ] && [ -f "$program" ] || continue
    target=${program##*/fuzz_}
    mkdir -p "$corpus/$target"
    # An input of 8 kB has no reason to take more memory than this at once.
    FIRTH_FUZZ_SEEDS="$corpus/$target" "$program" -max_total_time="$seconds" -max_len=8192 -timeout=10 -malloc_limit_mb=48 \
        -rss_limit_mb=1024 -artifact_prefix="$corpus/$target/" -print_final_stats=1 "$corpus/$target" >"$corpus/$target.log" 2>&1 ||
        { tail -n 40 "$corpus/$target.log"; echo "fuzz_$target: a finding, see above and $corpus/$target"; exit 1; }
    echo "fuzz_$target: $(grep -o "number_of_executed_units: .*" "$corpus/$target.log" | tr -s ' ')"
done
