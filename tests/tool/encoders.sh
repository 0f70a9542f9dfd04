#!/bin/sh
# Makes vectors of texts by encoders in folders, and measures these.
# Usage: encoders.sh PATH_OF_FIRTH
golden=$(cd "$(dirname "$0")/../encode/golden" && pwd)
. "$(dirname "$0")/expect.sh"
printf 'the bank of the river\nmoney in the bank\n\nthe bank of the river\n' >texts
long="the river the river the river the river the river the river the river"

# Every format; row names; standard input as a file; any number of threads.
model="$firth encode --model $golden/distilbert --quiet"
expect 0 "wrote v.vec: 4 x 6" $model --input texts --output v.vec
[ -s err ] && fail "--quiet is not quiet: $(cat err)"
head -1 v.vec | grep -q "^4 6" || fail "another header: $(head -1 v.vec)"
cut -d ' ' -f 1 v.vec | tail -n +2 | tr '\n' ' ' | grep -q "^1 2 3 4 $" || fail "rows are not called by their lines"
[ "$(sed -n 2p v.vec | cut -d ' ' -f 2-)" = "$(sed -n 5p v.vec | cut -d ' ' -f 2-)" ] || fail "one text has two vectors"
expect 0 "wrote" $model --output stdin.vec --threads 2 <texts
same v.vec stdin.vec "standard input, or two threads, gave other vectors"
for output in v.bin v.npy v.safetensors v.firth; do
    expect 0 "wrote $output: 4 x 6" $model --input texts --output $output
done
printf 'the bank\nmoney\nthe bank\n' >twice
expect 0 '"texts": 2' $model --input twice --output lines.safetensors --names line --json
grep -q "1 lines are there already" err || fail "equal lines are not told"
expect 0 "wrote v2.vec: 8 x 6" $model --input texts texts --output v2.vec

# A line at once, as it comes.
expect 0 '"vector":\[' $model --jsonl <texts
[ "$(wc -l <out)" -eq 4 ] || fail "--jsonl gave $(wc -l <out) lines for four"
grep -q '"cut"' out && fail "a short text is cut"
expect 0 '"cut":true' sh -c "echo $long $long | $model --jsonl"
expect 0 "1 of 1 texts have more than 18 tokens" sh -c "echo $long $long | '$firth' encode --model $golden/roberta --output /dev/null --format word2vec-text"

# Prompts and pooling.
prompted="$firth encode --model $golden/roberta --quiet --input texts"
for how in "--query" "--prompt query" "--prompt passage" "--prompt-text x"; do
    expect 0 "wrote" $prompted $how --output "p$(echo "$how" | tr -d ' ').vec"
done
expect 0 "wrote" $prompted --output usual.vec
same p--query.vec p--promptquery.vec "--query is not --prompt query"
same usual.vec p--promptpassage.vec "the usual prompt is left out"
cmp -s usual.vec p--query.vec && fail "a prompt changes nothing"
expect 0 "4 x 16" $prompted --pooling cls,last --output pooled.vec

# Sentences with people's scores.
printf 'the bank of the river\tthe river of the bank\t5\nmoney\ta query\t0.5\nthe river\tthe river is steep\t3\n' >sts.tsv
eval="$firth eval --model $golden/roberta --sts"
expect 0 "sts.tsv: rho .* over 3 pairs of sentences" $eval sts.tsv
expect 0 '"rho":' $eval sts.tsv --query --json
expect 0 '"pairs": 3' $eval sts.tsv sts.tsv --json
printf 'a\tb\t1\nonly one\n' >broken.tsv
expect 1 "broken.tsv, line 2: expected at least 3 fields between tabs, found 1" $eval broken.tsv
: >empty.tsv
expect 1 "empty.tsv has no pairs" $eval empty.tsv
expect 2 "sts needs --model" "$firth" eval --sts sts.tsv
expect 2 "are for --sts" "$firth" eval --model $golden/roberta --vectors v.vec --similarity sts.tsv
expect 2 "vectors is for" "$firth" eval --model $golden/roberta --vectors v.vec --sts sts.tsv

# The real model, where it is.
if [ -n "$FIRTH_MINILM_DIR" ]; then
    expect 0 "4 x 384" "$firth" encode --model "$FIRTH_MINILM_DIR" --input texts --output real.npy --quiet
    data=${FIRTH_DATA_DIR:-$golden/../../../../shared/data}/sts/sts-dev.csv
    if [ -e "$data" ]; then
        head -300 "$data" >some.csv
        expect 0 "over 300 pairs" "$firth" eval --model "$FIRTH_MINILM_DIR" --sts some.csv
    fi
else
    echo "skipped: no real model (set FIRTH_MINILM_DIR)"
fi

# Mistakes.
expect 2 "nowhere to write vectors: expected --output or --jsonl" $model --input texts
expect 2 "output was given, and --jsonl" $model --input texts --output no.vec --jsonl
expect 2 "min-count is for an encoded corpus, and --model was given" $model --input texts --output no.vec --min-count 3
expect 2 "pooling needs --model" "$firth" encode --input texts --output no.vec --pooling cls
expect 2 "jsonl needs --model" "$firth" encode --input texts --jsonl
expect 2 "input is required" "$firth" encode --output no.vec
expect 2 "output is required" "$firth" encode --input texts
expect 2 "expected one of --prompt, --prompt-text and --query" $model --input texts --output no.vec --query --prompt passage
expect 2 'no prompt "query", expected none' $model --input texts --output no.vec --query
expect 2 'no prompt "x", expected one of passage, query' $prompted --output no.vec --prompt x
expect 2 "pooling is cls,most, expected" $prompted --output no.vec --pooling cls,most
expect 2 "pooling to 8 elements, and the model's dense layer expects 16" $model --input texts --output no.vec --pooling mean
expect 1 "absent/config.json" "$firth" encode --model absent --input texts --output no.vec
expect 1 "absent" $model --input absent --output no.vec
expect 1 "no texts to encode" $model --input - --output no.vec </dev/null
cp texts same.vec
expect 2 "is the same file as" $model --input same.vec --output same.vec
printf 'two words\n' >spaced
expect 2 "two words" $model --input spaced --output no.vec --names line
[ -e no.vec ] && fail "a failed command left a file"
finish
