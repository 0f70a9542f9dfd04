#!/bin/sh
# Runs the tool as a user would: trains, asks, evaluates, and makes the usual mistakes.
# Usage: tool.sh PATH_OF_FIRTH
. "$(dirname "$0")/expect.sh"

# 2,000 lines about two things that keep apart.
i=0
while [ $i -lt 1000 ]; do
    echo "tea with milk and sugar in a cup $((i % 7))"
    echo "car with engine and wheels on a road $((i % 5))"
    i=$((i + 1))
done >corpus.txt

for command in demo train cooccur phrases encode neighbors analogy eval info; do
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

# Every model; deterministic with two threads; other ways to give the text.
for model in sgns cbow; do
    for loss in ns hs; do
        expect 0 '"deterministic": true' "$firth" train --model $model --loss $loss --input corpus.txt --output d1 \
            --dim 20 --sample 0 --epochs 5 --threads 2 --deterministic --json --quiet
        "$firth" train --model $model --loss $loss --input corpus.txt --output d2 --dim 20 --sample 0 --epochs 5 \
            --threads 2 --deterministic --quiet >out 2>err || fail "train --deterministic"
        cmp -s d1 d2 || fail "$model $loss --deterministic gave other bytes"
    done
done
base="--dim 20 --sample 0 --epochs 3 --threads 1 --quiet"
"$firth" train --input corpus.txt --output plain $base >out
mkdir texts && head -n 1000 corpus.txt >texts/1 && tail -n +1001 corpus.txt >texts/2
"$firth" train --input texts --output same $base >out && cmp -s plain same || fail "a folder reads as another text"
"$firth" train --input texts/1 texts/2 --output same $base >out && cmp -s plain same || fail "two files read as another text"
"$firth" train --input - --output same $base <corpus.txt >out && cmp -s plain same || fail "standard input reads as another text"
"$firth" train --input corpus.txt --cache cached --output same $base >out && cmp -s plain same || fail "--cache"
[ "$(ls cached | wc -l)" -eq 1 ] || fail "--cache left $(ls cached | wc -l) files"
"$firth" train --input corpus.txt --cache cached --output same $base >out && cmp -s plain same || fail "--cache again"
expect 0 "9 different ones\|words" "$firth" encode --input corpus.txt --output encoded
"$firth" train --input encoded --output same $base >out && cmp -s plain same || fail "an encoded corpus reads as another text"
if "$firth" train --input encoded --output same $base >out 2>&1 && gzip -c corpus.txt >corpus.gz; then
    "$firth" train --input corpus.gz --output same $base >out 2>err && cmp -s plain same ||
        grep -q "built without" err || fail "gzip reads as another text"
fi
# Stopped by a signal, gone on with, to the same bytes; and killed.
long="--dim 20 --sample 0 --epochs 700 --threads 2 --deterministic --quiet --checkpoint-every 0.2"
"$firth" train --input corpus.txt --output whole $long >out || fail "a long training"
: >before
for signal in ${heeding:+INT} KILL TERM; do
    $heeding "$firth" train --input corpus.txt --output part $long --resume >out 2>err &
    # Until it has written a checkpoint, and so listens to signals.
    tries=0
    while { [ ! -s part.checkpoint ] || cmp -s part.checkpoint before; } && [ $tries -lt 300 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    kill -$signal $! 2>/dev/null || fail "the training was over before SIG$signal"
    wait $! 2>/dev/null
    [ -e part ] && fail "a stopped training left vectors"
    [ -s part.checkpoint ] || fail "a training stopped by SIG$signal left no checkpoint"
    cp part.checkpoint before
    [ $signal = KILL ] || grep -q "stopped; the same command with --resume goes on" err || fail "no word of how to go on"
done
"$firth" train --input corpus.txt --output part $long --resume >out || fail "train --resume"
cmp -s whole part || fail "a resumed training gave other bytes"
[ -e part.checkpoint ] && fail "a checkpoint was left"
ls | grep -q "tmp\|spool" && fail "temporary files were left: $(ls)"
# Going on from vectors.
echo "tea with milk and honey honey honey honey honey" >more.txt
expect 0 "x 20 to grown" "$firth" train --input more.txt --continue plain --expand --freeze --output grown --threads 1 --sample 0
expect 0 "." "$firth" neighbors --vectors grown honey
expect 1 "honey" "$firth" neighbors --vectors plain honey
expect 2 "need --continue" "$firth" train --input more.txt --output x --freeze
expect 0 "wrote" "$firth" train --input corpus.txt --output sum --vectors sum --all-but-the-top 2 --schedule cosine \
    --window-size fixed --negative-power 0.5 --epochs 2
expect 2 "all-but-the-top is 500" "$firth" train --input corpus.txt --output x --all-but-the-top 500
# A preset is the settings that it stands for, but for those that are given.
same="$firth train --input corpus.txt --threads 1 --quiet --epochs 2"
expect 0 "." $same --output preset --preset quality
expect 0 "." $same --output spelt --sample 5e-5 --lr 0.05 --vectors sum --output-weight 0.5
cmp -s preset spelt || fail "--preset quality is not what it stands for"
expect 0 "." $same --output preset --preset quality --vectors input --sample 0
expect 0 "." $same --output spelt --sample 0 --lr 0.05
cmp -s preset spelt || fail "--preset quality takes the place of what was given"
expect 2 "--preset quality was given, and it is measured for" "$firth" train --input corpus.txt --output x --preset quality --model cbow
expect 2 "--preset quality was given" "$firth" train --input corpus.txt --output x --preset quality --subwords 3-6
expect 2 "without --vectors sum" "$firth" train --input corpus.txt --output x --output-weight 2
expect 2 "needs --loss ns" "$firth" train --input corpus.txt --output x --vectors sum --loss hs
expect 0 "car_with" "$firth" phrases --input corpus.txt --output joined.txt --threshold 1
grep -q "^car_with engine_and\|car_with" joined.txt || fail "no phrase was joined"
[ "$(tr '_' ' ' <joined.txt | tr -s ' \n' '\n\n' | cksum)" = "$(tr -s ' \n' '\n\n' <corpus.txt | cksum)" ] ||
    fail "phrases changed more than spaces"

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
# Published forms, and what they were taken for.
printf '\357\273\277Word 1,Word 2,Human (mean)\r\ntea,milk,9\r\n"car","engine",8\r\ntea,road,1\r\n' >pairs.csv
expect 0 '"form": "fields between commas, a header, words in column 1 (Word 1) and' "$firth" eval --vectors v --similarity pairs.csv --json
grep -q '"pairs": 3' out || fail "a pair of a .csv file was lost"
expect 0 "scores in column 3 (Human (mean))" "$firth" eval --vectors v --similarity pairs.csv
mkdir relations && printf 'tea\tmilk/honey\ncar\tengine\n' >relations/r.txt && echo "{}" >relations/metadata.json
expect 0 "a folder of 1 files; .*left out: metadata.json" "$firth" eval --vectors v --analogies relations
grep -q "^r  .* of 2 asked" out || fail "two pairs are not two questions: $(cat out)"
grep -q "semantic" out && fail "halves of a set that has none"
printf 'tea milk 9\ntea road nan\n' >bad.pairs
expect 1 "bad.pairs, line 2: the score nan is not finite" "$firth" eval --vectors v --similarity bad.pairs

expect 0 '"accuracy"' "$firth" demo --json --quiet --seed 77
expect 0 "all relations" "$firth" demo --seed 78

# Counts of co-occurrence, and what learns from them.
expect 0 "counts of" "$firth" cooccur --input corpus.txt --output counts --min-count 1
expect 0 '"counts"' "$firth" cooccur --input corpus.txt --output co.bin --format glove --vocab vocab.txt --min-count 1 --json
[ "$(head -1 vocab.txt)" = "a 2000" ] || fail "vocab.txt begins with $(head -1 vocab.txt)"
glove="$firth train --model glove --dim 12 --min-count 1"
expect 0 "wrote .* x 12" $glove --input corpus.txt --output g1 --threads 2
counted="$firth train --model glove --dim 12"
expect 0 "wrote .* x 12" $counted --counts counts --output g2 --threads 1
expect 0 "wrote .* x 12" $counted --counts co.bin --vocab vocab.txt --output g3
cmp g1 g2 || fail "counts made glove's vectors differ, or threads did"
cmp g1 g3 || fail "glove's own counts made its vectors differ"
expect 0 '"cost"' $glove --input corpus.txt --output g4 --vectors both --format glove-text --epochs 3 --json
[ "$(head -1 g4 | wc -w)" -eq 25 ] || fail "both vectors of a word are not 24 numbers"
expect 0 "x 24" $glove --input corpus.txt --output g4 --vectors both --epochs 3
expect 0 "x 5" "$firth" train --model lsa --input corpus.txt --output l --dim 5 --min-count 1
expect 0 "sugar\|milk\|cup" "$firth" neighbors --vectors l --top 3 tea
expect 0 "x 5" "$firth" train --model lsa --counts counts --output l --dim 5 --association log --value-power 0
# Stopped at once and gone on with, to the same bytes.
$glove --input corpus.txt --output g5 --epochs 20000 --quiet 2>err &
sleep 1
kill -TERM $!
wait $!
[ $? -eq 143 ] && [ -f g5.checkpoint ] || fail "glove was not stopped with a checkpoint: $(cat err)"
expect 2 "epochs = 20000" $glove --input corpus.txt --output g5 --epochs 4 --resume --quiet
rm -f g5.checkpoint
expect 2 "no such setting" $glove --input corpus.txt --output x --negative 5
expect 2 "no such setting" "$firth" train --input corpus.txt --output x --x-max 5
expect 2 "no such setting" "$firth" train --model lsa --input corpus.txt --output x --epochs 5
expect 2 "no checkpoints" "$firth" train --model lsa --input corpus.txt --output x --resume
expect 2 "--input is required, or --counts" $glove --output x
expect 2 "--input is required" "$firth" train --output x
expect 2 "one of them" $glove --counts counts --input corpus.txt --output x
expect 2 "holds no words" $counted --counts co.bin --output x
expect 2 "x-max is 0" $counted --counts counts --output x --x-max 0
# What could not be heeded is refused.
for option in --min-count --max-vocab --window; do
    expect 2 "^firth: $option was given, and counts is already counted$" $counted --counts counts --output x $option 3
done
expect 2 "^firth: --cache was given, and counts is already counted$" $counted --counts counts --output x --cache c
expect 2 "^firth: --context was given, and counts is already" $counted --counts counts --output x --context left
expect 2 "^firth: --context-weight was given, and counts is" $counted --counts counts --output x --context-weight uniform
expect 2 "^firth: --vocab was given, and counts holds its words itself$" $counted --counts counts --output x --vocab vocab.txt
expect 2 "^firth: --vocab was given without --counts" $glove --input corpus.txt --output x --vocab vocab.txt
for option in --min-count --max-vocab; do
    expect 2 "^firth: $option was given, and encoded is already encoded$" "$firth" train --input encoded --output x $option 3
    expect 2 "^firth: $option was given, and encoded is already encoded$" "$firth" cooccur --input encoded --output x $option 3
done
expect 2 "^firth: --cache was given, and encoded is" "$firth" train --model lsa --input encoded --output x --cache c
expect 2 "^firth: --cache was given, and encoded is" "$firth" phrases --input encoded --output x --cache c
for option in --negative --negative-power; do
    expect 2 "^firth: $option was given, and --loss hs has no such" "$firth" train --input corpus.txt --output x --loss hs $option 1
done
expect 2 "window is 1001" $glove --input corpus.txt --output x --window 1001
expect 2 "dim is 1000, expected at most" "$firth" train --model lsa --counts counts --output x --dim 1000
expect 2 "all-but-the-top is 50" $counted --counts counts --output x --all-but-the-top 50
expect 1 "diverged" $counted --counts counts --output x --lr 10 --x-max 1e30 --alpha 0 --quiet
head -c 1000 co.bin >cut.bin
head -c 1003 co.bin >half.bin
head -3 vocab.txt >few.txt
expect 1 "ends within a record" $counted --counts half.bin --vocab vocab.txt --output x
expect 1 "the size of the vocabulary" $counted --counts co.bin --vocab few.txt --output x
printf 'one 1\ntwo\n' >bad.txt
expect 1 "bad.txt, line 2" $counted --counts co.bin --vocab bad.txt --output x
head -c 400 counts >cut
expect 1 "cut, byte" $counted --counts cut --output x
expect 1 "kind" "$firth" train --input counts --output x
expect 1 "holds no words" $glove --input /dev/null --output x
[ -e x ] && fail "a failed training left a file"
[ -e g1.checkpoint ] && fail "a finished training left its checkpoint"

# Files: any format to any other, and back.
printf '3 2\na 1 2\nb 2 1\na 5 5\n' >twice
expect 0 "wrote" "$firth" convert v again.vec
[ -s err ] && fail "work of a moment tells of its progress: $(cat err)"
convert="$firth convert --quiet"
head -6 v.word2vec-text | sed '1s/^[0-9]*/5/' >few.vec
cp few.vec expected.vec
for format in firth npy safetensors projector fvecs glove-text word2vec-binary word2vec-text; do
    expect 0 "5 rows" $convert --format $format expected.vec as.$format
    expect 0 "$format, 5 rows" "$firth" info as.$format
    expect 0 "sound" "$firth" verify as.$format
    expect 0 "wrote" $convert as.$format back.vec
    cmp -s expected.vec back.vec || fail "$format does not give back what it was given"
done
expect 0 "\"dtype\": \"i8\"" $convert --json --dtype i8 few.vec small.firth
expect 0 "firth, 5 rows, dim .*, i8" "$firth" info small.firth
expect 0 "\"open_seconds\"" "$firth" info --json small.firth
expect 0 "[a-z]" "$firth" neighbors --vectors small.firth "$(sed -n 2p few.vec | cut -d' ' -f1)"
expect 0 "corpus" "$firth" info encoded
expect 0 "sound" "$firth" verify encoded
printf '3 1\nThe 1\nthe 3\n\303\211t\303\251 5\n' >cases.vec
expect 0 "note: 1 words" $convert --lower cases.vec lower.vec
[ "$(head -2 lower.vec | tail -1)" = "the 1" ] || fail "--lower did not keep the first"
expect 0 "2 rows" $convert --lower --collisions mean cases.vec lower.vec
[ "$(head -2 lower.vec | tail -1)" = "the 2" ] || fail "--lower did not take the mean"
expect 1 "would both be" $convert --lower --collisions refuse cases.vec lower.vec
expect 0 "2 rows" $convert --top 2 cases.vec top.firth
printf '2 1\na 1\nb\377 2\n' >bytes.vec
expect 0 "2 rows" $convert bytes.vec bytes.firth
expect 1 "not UTF-8" $convert --utf8 refuse bytes.vec x
expect 0 "wrote" $convert --utf8 replace bytes.vec replaced.vec
grep -q "$(printf 'b\357\277\275 2')" replaced.vec || fail "--utf8 replace did not"
printf '5 1\na 1\nb 2\n' >promised.vec
expect 1 "promises 5 rows" $convert promised.vec x
expect 0 "2 rows" $convert --header tolerant promised.vec x.vec
expect 1 "comes twice\|there before\|had one already" $convert --duplicates refuse twice x
expect 0 "^a 1$" "$firth" vectors --vectors bytes.vec a
expect 1 "nearest spellings" "$firth" vectors --vectors cases.vec th
expect 2 "of one type only, expected" $convert --dtype f16 few.vec x.vec
expect 2 "bf16" $convert --dtype bf16 few.vec x.npy
expect 2 "format" $convert --format pickle few.vec x
expect 1 "missing" $convert missing x
cp small.firth broken.firth
printf 'X' | dd of=broken.firth bs=1 seek=200 conv=notrunc 2>/dev/null
expect 1 "broken.firth, byte.*checksum\|damaged" "$firth" verify broken.firth
[ -e x ] && fail "a failed conversion left a file"

# Mistakes.
expect 1 "missing.txt" "$firth" train --input missing.txt --output x
: >empty
expect 1 "no words" "$firth" train --input empty --output x
mkdir nothing
expect 1 "holds no files" "$firth" train --input nothing --output x
expect 1 "min-count = 100000" "$firth" train --input corpus.txt --output x --min-count 100000
expect 1 "no/such" "$firth" train --input corpus.txt --output no/such/place
expect 2 "dim is 0" "$firth" train --input corpus.txt --output x --dim 0
expect 2 "dim is 10000000" "$firth" train --input corpus.txt --output x --dim 10000000
expect 2 "dim" "$firth" train --input corpus.txt --output x --dim ten
expect 2 "sgns" "$firth" train --input corpus.txt --output x --model lda
expect 2 "required" "$firth" train --input corpus.txt
[ -e x ] && fail "a failed training left a file"
printf 'PK\003\004 and more' >archive
expect 1 "zip archive" "$firth" train --input archive --output x
head -c 100 v.word2vec-binary >damaged
"$firth" encode --input corpus.txt --output good >out
head -c 300 good >damaged
expect 1 "damaged, byte" "$firth" train --input damaged --output x
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
expect 0 "warning.*such as \"a\"" "$firth" neighbors --vectors twice b
printf 'hello world\n' >prose
expect 1 "no file of vectors" "$firth" info prose
expect 2 "nothing to evaluate" "$firth" eval --vectors v
expect 1 "questions, line 1" "$firth" eval --vectors v --similarity questions

finish
