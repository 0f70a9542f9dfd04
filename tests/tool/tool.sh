#!/bin/sh
# Runs the tool as a user would: trains, asks, evaluates, and makes the usual mistakes.
# Usage: tool.sh PATH_OF_FIRTH
firth=$1
folder=$(mktemp -d) && cd "$folder" || exit 1
trap 'rm -rf "$folder"' EXIT
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# expect CODE PATTERN COMMAND...: the exit code, and a pattern in what is printed on either stream.
expect() {
    code=$1 pattern=$2
    shift 2
    "$@" >out 2>err
    got=$?
    [ $got -eq "$code" ] || fail "exit code $got, expected $code: $*"
    cat out err | grep -q -- "$pattern" || fail "no \"$pattern\" printed by: $* ($(cat out err | head -3))"
    if [ "$code" -ne 0 ]; then
        [ -s out ] && fail "an error left something on standard output: $*"
        [ "$(wc -l <err)" -eq 1 ] || fail "an error of more than one line: $*"
    fi
}

# 2,000 lines about two things that keep apart.
i=0
while [ $i -lt 1000 ]; do
    echo "tea with milk and sugar in a cup $((i % 7))"
    echo "car with engine and wheels on a road $((i % 5))"
    i=$((i + 1))
done >corpus.txt

for command in demo train neighbors analogy eval info; do
    expect 0 "Usage:" "$firth" $command --help
done
expect 0 "firth [0-9]" "$firth" --version
expect 2 "subcommand" "$firth"
expect 2 "see firth --help" "$firth" nonsense

for format in word2vec-binary word2vec-text; do
    expect 0 "words_per_second" "$firth" train --model sgns --input corpus.txt --output v --format $format \
        --dim 20 --window 5 --negative 5 --sample 0 --epochs 20 --lr 0.05 --min-count 5 --threads 1 --seed 3 --json
    [ -s err ] || fail "no progress on standard error"
    for key in train_seconds total_seconds rows dim loss; do
        grep -q "\"$key\"" out || fail "train --json lacks $key"
    done
    cp v v.$format
    expect 0 "$format" "$firth" info v
    expect 0 '"rows"' "$firth" info v --json
    expect 0 "." "$firth" neighbors --vectors v --top 3 tea
    [ "$(wc -l <out)" -eq 3 ] || fail "neighbors --top 3 gave $(wc -l <out) words"
    grep -q "^tea" out && fail "tea is its own neighbour"
    expect 0 '"results"' "$firth" neighbors --vectors v --json tea milk
    expect 0 '"score"' "$firth" analogy --vectors v --json tea milk car
done
"$firth" train --input corpus.txt --output again --dim 20 --sample 0 --epochs 20 --lr 0.05 --threads 1 --seed 3 \
    --quiet >out 2>err || fail "train --quiet"
[ -s err ] && fail "--quiet is not quiet: $(cat err)"
cmp -s again v.word2vec-binary || fail "one thread and one seed gave other bytes"

printf ': s\ntea milk car engine\ntea milk car nosuch\n' >questions
printf 'tea milk 9\ntea road 1\ncar engine 8\ncar nosuch 2\n' >pairs
expect 0 "chosen" "$firth" info --cpu
expect 0 '"selected"' "$firth" info --cpu --json
expect 2 "Exactly 1 option" "$firth" info
expect 2 "FIRTH_ARCH is \"avx9\", expected one of .*" env FIRTH_ARCH=avx9 "$firth" info --cpu
lowest=$("$firth" info --cpu | sed -n 's/^of these can run here: *\([^ ]*\).*/\1/p')
expect 0 "holds it down): $lowest" env FIRTH_ARCH="$lowest" "$firth" info --cpu
expect 0 "all relations" env FIRTH_ARCH="$lowest" "$firth" demo --seed 78

expect 0 '"asked": 1' "$firth" eval --vectors v --analogies questions --similarity pairs --json
grep -q '"missing": 1' out || fail "eval counts no missing pair"
expect 0 "rho" "$firth" eval --vectors v --similarity pairs

expect 0 '"accuracy"' "$firth" demo --json --quiet --seed 77
expect 0 "all relations" "$firth" demo --seed 78

# Mistakes.
expect 1 "missing.txt" "$firth" train --input missing.txt --output x
: >empty
expect 1 "no words" "$firth" train --input empty --output x
expect 1 "directory" "$firth" train --input . --output x
expect 1 "min-count = 100000" "$firth" train --input corpus.txt --output x --min-count 100000
expect 1 "no/such" "$firth" train --input corpus.txt --output no/such/place
expect 2 "dim is 0" "$firth" train --input corpus.txt --output x --dim 0
expect 2 "dim is 10000000" "$firth" train --input corpus.txt --output x --dim 10000000
expect 2 "dim" "$firth" train --input corpus.txt --output x --dim ten
expect 2 "sgns" "$firth" train --input corpus.txt --output x --model lda
expect 2 "required" "$firth" train --input corpus.txt
[ -e x ] && fail "a failed training left a file"
gzip -c corpus.txt >corpus.gz
expect 1 "gzip" "$firth" train --input corpus.gz --output x
expect 1 "nearest spellings: milk" "$firth" neighbors --vectors v.word2vec-text milkk
expect 1 "milkk" "$firth" analogy --vectors v tea milkk car
expect 2 "words" "$firth" analogy --vectors v tea milk
size=$(wc -c <v.word2vec-binary)
head -c $((size - 30)) v.word2vec-binary >cut
expect 1 "cut, byte" "$firth" info cut
sed '1s/^[0-9]*/999/' v.word2vec-text >promise
expect 1 "promises 999 rows" "$firth" info promise
printf '2 2\na 1 2\nb nan 1\n' >nan
expect 1 "NaN" "$firth" neighbors --vectors nan a
printf '3 2\na 1 2\nb 2 1\na 5 5\n' >twice
expect 0 "warning.*such as \"a\"" "$firth" neighbors --vectors twice b
printf 'the 0.1 0.2\n' >glove
expect 1 "rows dim" "$firth" info glove
expect 2 "nothing to evaluate" "$firth" eval --vectors v
expect 1 "questions, line 1" "$firth" eval --vectors v --similarity questions

[ $failures -eq 0 ] && echo "all well"
exit $((failures != 0))
