#!/bin/sh
# Outputs of the tool: which are refused before any work, and those that are no regular files.
# Usage: files.sh PATH_OF_FIRTH
. "$(dirname "$0")/expect.sh"

i=0
while [ $i -lt 50 ]; do
    echo "tea with milk and sugar in a cup"
    echo "car with engine and wheels on a road"
    i=$((i + 1))
done >corpus.txt
cp corpus.txt kept
small="--dim 3 --epochs 1 --quiet --threads 1"
train="$firth train $small"
expect 0 "wrote" $train --input corpus.txt --output v.vec --format word2vec-text
expect 0 "wrote" "$firth" cooccur --quiet --input corpus.txt --output counts
expect 0 "wrote" "$firth" cooccur --quiet --input corpus.txt --output co.bin --format glove --vocab words.txt
mkdir texts texts/.hidden
cp corpus.txt texts/a
ln -s corpus.txt soft
ln -s soft softer
ln corpus.txt hard
ln -s ../corpus.txt texts/b
cp v.vec kept.vec
cp counts kept.counts

# No output is an input, by whatever name.
one="is the same file as"
for name in corpus.txt ./corpus.txt "$folder/corpus.txt" texts/../corpus.txt soft softer hard; do
    expect 2 "$one --input" $train --input corpus.txt --output "$name"
    expect 2 "$one --input" $train --input "$name" --output corpus.txt
    expect 2 "$one --input" "$firth" train --model glove --input corpus.txt --output "$name"
    expect 2 "$one --input" "$firth" train --model lsa --input corpus.txt --output "$name"
    expect 2 "$one --input" "$firth" encode --input corpus.txt --output "$name"
    expect 2 "$one --input" "$firth" phrases --input corpus.txt --output "$name"
    expect 2 "$one --input" "$firth" cooccur --input corpus.txt --output "$name"
    expect 2 "--vocab .* $one --input" "$firth" cooccur --input corpus.txt --output x --vocab "$name"
done
expect 2 "$one --input" $train --input kept corpus.txt --output corpus.txt
expect 2 "$one --input -" sh -c "'$firth' train --input - --output corpus.txt <corpus.txt"
"$firth" train $small --input corpus.txt --output - --format word2vec-text >>corpus.txt 2>err && fail "the input grew"
grep -q "$one --input" err || fail "standard output that is the input: $(cat err)"
same corpus.txt kept "the corpus was overwritten"
expect 2 "lies in the folder of --input texts" $train --input texts --output texts/v
expect 2 "lies in the folder of --input ./texts" $train --input ./texts --output "$folder/texts/v.vec"
expect 2 "lies in the folder of --input" $train --input . --output x
expect 2 "lies in the folder of --input texts" $train --input texts --output x --cache texts/cached
expect 2 "$one texts/b in --input texts" $train --input texts --output corpus.txt
expect 0 "wrote" $train --input texts --output texts/.hidden/v
expect 0 "wrote" $train --input texts --output texts-v
for name in v.vec ./v.vec; do
    expect 2 "output .* $one input v.vec" "$firth" convert v.vec "$name"
    expect 2 "$one --continue v.vec" $train --input corpus.txt --continue v.vec --output "$name"
done
expect 2 "$one --counts" "$firth" train --model glove --counts counts --output ./counts
expect 2 "$one --vocab" "$firth" train --model glove --counts co.bin --vocab words.txt --output words.txt
expect 2 "--vocab ./x $one --output x" "$firth" cooccur --input corpus.txt --output x --vocab ./x
same v.vec kept.vec "vectors were overwritten"
same counts kept.counts "counts were overwritten"
# Words that lie beside vectors.
expect 0 "wrote" "$firth" convert --quiet v.vec v.npy
cp v.words.txt kept.words
expect 2 "$one the word list of input" "$firth" convert v.npy v.fvecs --top 2
expect 2 "$one the word list of input" "$firth" convert v.npy v.words.txt
expect 2 "the word list of output v.words.txt $one --words" "$firth" convert kept.vec v.fvecs --words ./v.words.txt
expect 2 "$one the word list of --continue" $train --input corpus.txt --continue v.npy --output v.words.txt
expect 0 "wrote" "$firth" convert --quiet v.vec p.tsv
expect 2 "$one the word list of input" "$firth" convert p.tsv p.metadata.tsv
same v.words.txt kept.words "words were overwritten"
# What is written beside an output.
cp corpus.txt v2.checkpoint
expect 2 "the checkpoint v2.checkpoint $one --input" $train --input v2.checkpoint --output v2
rm v2.checkpoint
if truncate -s 1100M large.checkpoint.corpus 2>/dev/null; then
    expect 2 "$one --input" $train --input large.checkpoint.corpus --output large
    rm large.checkpoint.corpus
fi

# A training that was stopped keeps its checkpoint, whatever is asked for next.
for model in sgns glove; do
    "$firth" train --model $model --input corpus.txt --output stopped --dim 8 --epochs 1000000 --threads 1 \
        --checkpoint-every 0.1 --quiet >out 2>err &
    tries=0
    while [ ! -s stopped.checkpoint ] && [ $tries -lt 300 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
    [ -s stopped.checkpoint ] || fail "$model: no checkpoint while it was training"
    kill -TERM $!
    wait $!
    cp stopped.checkpoint kept.checkpoint
    for settings in "--epochs 1000000 --dim 8" "--epochs 1 --dim 4"; do
        expect 2 "stopped.checkpoint is .*expected --resume.*delete" \
            "$firth" train --model $model --input corpus.txt --output stopped --threads 1 --quiet $settings
        # Found before the text is read.
        expect 2 "stopped.checkpoint is .*expected --resume" \
            "$firth" train --model $model --input missing.txt --output stopped --threads 1 --quiet $settings
        same stopped.checkpoint kept.checkpoint "$model: the checkpoint was changed"
    done
    expect 2 "stopped.checkpoint was written by" \
        "$firth" train --model $model --input corpus.txt --output stopped --resume --dim 4 --quiet
    same stopped.checkpoint kept.checkpoint "$model: the checkpoint was changed"
    expect 0 "wrote" "$firth" train --model $model --input corpus.txt --output stopped --dim 4 --epochs 1 --quiet \
        --checkpoint-every 0
    same stopped.checkpoint kept.checkpoint "$model: the checkpoint was changed by a training without"
    rm stopped.checkpoint
done

# What cannot be written is found before the work: the text is missing, and not even looked for.
mkdir taken taken.checkpoint taken.words.txt
for output in no/such/x corpus.txt/x /proc/x; do
    expect 1 "cannot write $output" $train --input missing.txt --output $output
    expect 1 "cannot write $output" "$firth" train --model glove --input missing.txt --output $output
    expect 1 "cannot write $output" "$firth" train --model lsa --input missing.txt --output $output
    expect 1 "cannot write $output" "$firth" encode --input missing.txt --output $output
    expect 1 "cannot write $output" "$firth" phrases --input missing.txt --output $output
    expect 1 "cannot write $output" "$firth" cooccur --input missing.txt --output $output
    expect 1 "cannot write $output" "$firth" cooccur --input missing.txt --output x --vocab $output
    expect 1 "cannot write $output" "$firth" convert missing.vec $output --format word2vec-text
done
long=$(printf 'n%.0s' $(seq 256))
expect 1 "cannot write nnn" $train --input corpus.txt --output $long
expect 0 "wrote" $train --input corpus.txt --output ${long#n} --checkpoint-every 0
rm ${long#n}
expect 1 "taken: it is a directory" $train --input missing.txt --output taken --checkpoint-every 0
mv taken taken.d
expect 1 "taken.checkpoint: it is a directory" $train --input missing.txt --output taken
expect 1 "taken.words.txt: it is a directory" $train --input missing.txt --output taken.npy
expect 1 "taken.words.txt: it is a directory" "$firth" convert missing.vec taken.fvecs
expect 1 "cannot make the folder corpus.txt" $train --input texts --output x --cache corpus.txt

# Standard output, by each of its names, takes the same bytes as a file; what is said goes to standard error.
for format in word2vec-text word2vec-binary glove-text firth safetensors; do
    expect 0 "wrote" "$firth" convert --quiet --format $format v.vec as
    for name in - /dev/stdout /dev/fd/1 /proc/self/fd/1; do
        [ -e "$name" ] || [ "$name" = - ] || continue
        "$firth" convert --quiet --format $format v.vec $name 2>err | cat >piped
        same piped as "$format to $name is not what a file has"
        grep -q "wrote $name" err || fail "nothing was said on standard error: $(cat err)"
    done
done
cp v.vec log.expected
(echo before && cat v.vec && echo behind) >log.expected
(echo before && $train --input corpus.txt --output /dev/stdout --format word2vec-text 2>err && echo behind) >log
same log log.expected "the output went over what was there"
echo before >log
$train --input corpus.txt --output /dev/stdout --format word2vec-text >>log 2>err
echo behind >>log
same log log.expected "the output went over the log that it was to be appended to"
echo before >log
$train --input corpus.txt --output /dev/fd/3 --format word2vec-text --json 3>>log >out 2>err
echo behind >>log
same log log.expected "/dev/fd/3"
grep -q words_per_second out || fail "with the vectors elsewhere --json is not on standard output"
$train --input corpus.txt --output - --format word2vec-text --json 2>err | cmp -s - v.vec || fail "train --json --output -"
grep -q words_per_second err || fail "--json was lost"
"$firth" cooccur --quiet --input corpus.txt --output - 2>err | cmp -s - counts || fail "cooccur --output -"
expect 0 "wrote" "$firth" phrases --quiet --input corpus.txt --output joined --threshold 1
"$firth" phrases --quiet --input corpus.txt --output - --threshold 1 2>err | cmp -s - joined || fail "phrases --output -"
"$firth" cooccur --quiet --input corpus.txt --output x --vocab - 2>err | cmp -s - words.txt || fail "cooccur --vocab -"
rm x
"$firth" phrases --quiet --input corpus.txt --output - --threshold 1 2>err | "$firth" train $small --input - --output piped >out
expect 0 "wrote" $train --input joined --output direct
same piped direct "two commands in a pipe"
for format in npy projector fvecs bvecs ivecs; do
    expect 2 "$format needs a second file" "$firth" convert --format $format v.vec -
done
expect 2 "expected the name of a regular file" "$firth" encode --input corpus.txt --output -
expect 2 "$one --output" "$firth" cooccur --input corpus.txt --output - --vocab -
expect 2 "no regular file" $train --input corpus.txt --output - --resume
expect 2 "no regular file" $train --input corpus.txt --output - --checkpoint-every 5
if [ -c /dev/full ]; then
    expect 1 "/dev/full: No space" $train --input corpus.txt --output /dev/full --format word2vec-text
    "$firth" --help >/dev/full 2>err && fail "help on a full disk"
    "$firth" info v.vec >/dev/full 2>err && fail "info on a full disk"
fi
expect 0 "wrote" $train --input corpus.txt --output /dev/null
$train --input corpus.txt --output - >&- 2>err && fail "a closed standard output took vectors"
$train --input corpus.txt --output closed.vec --format word2vec-text >&- 2>err
same closed.vec v.vec "a closed standard output changed the vectors"
mkfifo pipe
cat pipe >piped &
expect 0 "wrote" $train --input corpus.txt --output pipe --format word2vec-text
wait $!
same piped v.vec "a named pipe"
[ "$("$firth" neighbors --vectors v.vec --top 5 tea | head -1 | wc -l)" -eq 1 ] || fail "head"

# A link stands for the file it names, there or not.
mkdir linked
ln -s linked/new dangling
expect 0 "wrote" $train --input corpus.txt --output dangling --format word2vec-text
[ -L dangling ] || fail "the link was replaced"
same linked/new v.vec "a dangling link"
expect 0 "wrote" $train --input corpus.txt --output dangling --format glove-text
[ -L dangling ] && [ "$(wc -l <linked/new)" -eq "$(($(wc -l <v.vec) - 1))" ] || fail "a link"
ln -s no/such lost
expect 1 "lost (a link to no/such)" $train --input missing.txt --output lost
ln -s circle circle
expect 1 "circle" $train --input missing.txt --output circle

# Models that the disk or memory has no room for are refused before the training, with sizes and what to lower.
grams="$firth train --quiet --threads 1 --epochs 1 --subwords 3-6 --input corpus.txt"
lower="expected fewer buckets, a smaller dim"
expect 1 "4000000000 buckets of n-grams, expected at most 2147483647" $grams --output huge.bin --buckets 4000000000
expect 0 "wrote" $grams --output huge.firth --buckets 4000000000 --dim 3
i=0
while [ $i -lt 2000 ]; do
    echo "__label__tea word$i and cup$i"
    i=$((i + 1))
done >labelled
sorted="$firth classify train --quiet --input labelled --subwords 3-6 --output huge.bin --threads 1"
(
    ulimit -f 2000
    expect 1 "huge.bin takes 2.4 GB, and its disk has room for .*$lower" $grams --output huge.bin --buckets 2000000 --dim 300
    expect 1 "huge.bin takes 2.4 TB, and its disk has room for .*$lower" $grams --output huge.bin --buckets 2000000000 --dim 300
    expect 1 "huge.bin takes 2.4 GB, and its disk has room for .*$lower" $sorted --dim 300
    exit $failures
) || fail "a limit on the size of files"
if (ulimit -v 1000000) 2>out && [ "$(uname)" = Linux ]; then
    lower="of memory, and .* are free, expected a smaller dim"
    (
        ulimit -v 1000000
        expect 1 "words and .* buckets of n-grams take .*GB $lower, fewer buckets or" $grams --output huge.firth --min-count 1 \
            --dim 1000000
        expect 1 "labels take .*GB $lower, fewer buckets or" $sorted --buckets 5000 --dim 60000
        expect 1 "tables of .* take .*GB $lower" "$firth" train --quiet --threads 1 --input labelled --min-count 1 \
            --output huge.vec --dim 200000
        exit $failures
    ) || fail "a limit on memory"
fi
ls | grep -q "huge.bin\|huge.vec" && fail "a model without room left a file: $(ls)"

# Classifiers, in firth's own files as in fastText's.
i=0
while [ $i -lt 30 ]; do
    echo "#drink a cup of tea"
    echo "#food a slice of bread"
    i=$((i + 1))
done >labelled
learn="$firth classify train --input labelled --label-prefix # --dim 4 --lr 0.5 --epochs 20 --threads 1 --quiet --subwords 2-3"
expect 0 "wrote c.firth: 2 labels" $learn --output c.firth
expect 0 "drink" "$firth" classify predict --model c.firth "a cup"
expect 0 "60 examples, precision 1," "$firth" classify test --model c.firth --input labelled --label-prefix "#"
expect 0 "a classifier of firth, 2 labels, 7 words" "$firth" info c.firth
expect 0 '"kind": *"classifier"' "$firth" info --json c.firth
expect 0 "every word and label is found under its number" "$firth" verify c.firth
"$firth" classify quantize --model c.firth --output small.firth --norms --cutoff 20 || fail "quantising to .firth"
expect 0 "dim 4, softmax, quantised" "$firth" info small.firth
expect 0 "food" "$firth" classify predict --model small.firth "a slice"
"$firth" classify quantize --model c.firth --output small.ftz || fail "quantising to .ftz"
expect 0 "food" "$firth" classify predict --model small.ftz "a slice"
expect 1 'a file of kind "classifier", expected "vectors"' "$firth" neighbors --vectors c.firth tea
expect 0 "wrote" "$firth" convert v.vec v.firth
expect 1 'a file of kind "vectors", expected "classifier"' "$firth" classify predict --model v.firth tea
expect 1 "neither a classifier of firth" "$firth" classify predict --model corpus.txt tea
head -c 3000 c.firth >cut.firth
expect 1 "cut.firth, byte" "$firth" classify predict --model cut.firth tea

[ -e x ] && fail "a command that was refused left a file"
ls | grep -q "tmp\|spool" && fail "temporary files were left: $(ls)"
[ -e - ] && fail "a file named - was made"
finish
