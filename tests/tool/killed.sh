#!/usr/bin/env bash
# Kills every writer of the tool at random moments (kill -9) and looks at what is left: the old file or the new one.
# Usage: killed.sh FIRTH [TIMES]
set -eu
firth=$1
times=${2:-3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# Two tables of the same size, in which a mixture would be seen.
rows=20000
awk -v rows=$rows 'BEGIN { srand(1); print rows, 24; for (i = 0; i < rows; ++i) { line = "old" i; for (j = 0; j < 24; ++j) line = line " " int(100 * rand() + 1); print line } }' >old.txt
sed 's/^old/new/' old.txt >new.txt
for name in old new; do "$firth" convert --quiet $name.txt $name.firth >/dev/null; done

for format in word2vec-text word2vec-binary glove-text firth npy safetensors projector fvecs bvecs ivecs; do
    rm -rf place && mkdir place
    "$firth" convert --quiet --format $format old.firth place/v >/dev/null
    cp -r place before
    started=$(date +%s%N)
    "$firth" convert --quiet --format $format new.firth place/v >/dev/null
    took=$((($(date +%s%N) - started) / 1000 + 1))
    mv place after
    old=0 new=0
    for _ in $(seq "$times"); do
        cp -r before place
        "$firth" convert --quiet --format $format new.firth place/v >/dev/null 2>&1 &
        writer=$!
        sleep "$(awk -v seed=$RANDOM -v took=$took 'BEGIN { srand(seed); printf "%.6f", rand() * took * 1.1 / 1e6 }')"
        kill -9 $writer 2>/dev/null || true
        wait $writer 2>/dev/null || true
        rm -f place/*.tmp-* # a temporary file has a name for a moment before it takes the target's
        if diff -rq before place >/dev/null; then
            old=$((old + 1))
        elif diff -rq after place >/dev/null; then
            new=$((new + 1))
        else
            echo "$format: what is left is neither the old files nor the new ones"
            ls -l before after place
            exit 1
        fi
        rm -rf place
    done
    echo "$format: the old file $old times, the new one $new times of $times"
    rm -rf before after
done
