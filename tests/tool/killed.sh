#!/usr/bin/env bash
# Kills every writer of the tool at random moments (kill -9) and looks at what is left: the old file or the new one. And kills
# trainings of words with n-grams, resumed each time, which end in the bytes of one that nobody stopped.
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

# Words that share n-grams, in sentences long enough that a training is killed in its middle.
awk 'BEGIN { srand(2); for (i = 0; i < 6000; ++i) { for (j = 0; j < 10; ++j) printf "w%dx%d ", 40 * rand(), 50 * rand(); print "" } }' >corpus.txt
for model in "sgns --threads 1" "cbow --threads 2 --deterministic" "sgns --threads 2 --deterministic --loss hs"; do
    train="$firth train --quiet --input corpus.txt --subwords 3-6 --dim 20 --sample 0 --epochs 20 --checkpoint-every 0.05 --model $model"
    started=$(date +%s%N)
    $train --output whole.bin --buckets 1000 >/dev/null
    took=$((($(date +%s%N) - started) / 1000 + 1))
    finished=0 killed=0 resumed=0 code=137
    while [ $code -ne 0 ] || [ $killed -lt "$times" ]; do
        [ ! -e part.bin.checkpoint ] || resumed=$((resumed + 1))
        $train --output part.bin --buckets 1000 --resume >/dev/null &
        training=$!
        if [ $killed -lt "$times" ]; then
            sleep "$(awk -v seed=$RANDOM -v took=$took 'BEGIN { srand(seed); printf "%.6f", rand() * took * 0.8 / 1e6 }')"
            kill -9 $training 2>/dev/null || true
        fi
        code=0
        wait $training 2>/dev/null || code=$?
        if [ $code -eq 137 ]; then
            killed=$((killed + 1))
            # Killed as it had written its vectors, it left a checkpoint that is older.
            [ ! -e part.bin ] || cmp -s whole.bin part.bin || { echo "$model: a killed training left half a file"; exit 1; }
        else
            finished=$((finished + 1))
            if [ $code -ne 0 ] || [ -e part.bin.checkpoint ] || ! cmp -s whole.bin part.bin; then
                echo "$model: killed $killed times, it ended with $code, in other bytes or left its checkpoint"
                exit 1
            fi
        fi
        rm -f part.bin
    done
    echo "--model $model: killed $killed times, resumed $resumed times, ended $finished times in the same bytes"
done
