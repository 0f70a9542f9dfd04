#!/bin/sh
# Learns to classify, tunes and tests by the tool, with odd texts and wrong options.
# Usage: classify.sh PATH_OF_FIRTH
. "$(dirname "$0")/expect.sh"

# Three labels, one of them rare; "x" and "y" say which, "z" is the rare one.
awk 'BEGIN { srand(4); for (i = 0; i < 300; ++i) { r = rand(); k = r < 0.45 ? "x" : r < 0.9 ? "y" : "z";
    print "__label__" k " " k int(rand() * 4) " common" int(rand() * 9) " " (rand() < 0.3 ? "x0" : "y0") } }' >train
awk 'BEGIN { srand(5); for (i = 0; i < 100; ++i) { r = rand(); k = r < 0.45 ? "x" : r < 0.9 ? "y" : "z";
    print "__label__" k " " k int(rand() * 4) " common" int(rand() * 9) " " (rand() < 0.3 ? "x0" : "y0") } }' >held

tune="$firth classify tune --input train --trials 17 --epochs 20 --threads 1"
expect 0 "wrote tuned.bin: best of 17 trials, precision " $tune --output tuned.bin
grep -q "^trial 17 of 17, rung 3: " err || fail "no line of the last trial: $(tail -1 err)"
[ "$(grep -c "^trial " err)" -eq 17 ] || fail "$(grep -c "^trial " err) lines of trials"
expect 0 "wrote again.bin" $tune --output again.bin --quiet
[ -s err ] && fail "something was printed with --quiet"
same tuned.bin again.bin "the same seed tuned another model"
expect 0 '"failure"\|"score"' $tune --output json.bin --validation held --metric f1:z --dim 9 --subwords none --word-ngrams 1 --json --quiet
[ "$(grep -c '"dim": 9,' out)" -eq 18 ] || fail "a dim that was given was searched for"
[ "$(grep -c '"max_subword": 0,' out)" -eq 18 ] || fail "subwords that were refused were searched for"
expect 0 "bytes; " $tune --output small.ftz --model-size 40K
[ "$(wc -c <small.ftz)" -le 40960 ] || fail "a model of $(wc -c <small.ftz) bytes"
expect 0 "examples, precision" "$firth" classify test --model small.ftz --input held
expect 1 "none of 17 trials gave a model; the last one: no quantised model of 500 bytes" $tune --output no.ftz --model-size 500 --quiet
[ -e no.ftz ] && fail "a model that does not fit was written"
expect 0 "wrote timed.bin" "$firth" classify tune --input train --output timed.bin --seconds 0.5 --quiet
expect 2 'the metric is "f2", expected precision' $tune --output no.bin --metric f2
expect 2 "the metric is of label \"q\"" $tune --output no.bin --metric f1:q --quiet
expect 2 "expected one of them" $tune --output no.bin --validation held --share 0.2
expect 2 "share to validate with is 1.5" $tune --output no.bin --share 1.5 --quiet

# Scores of a test.
train="$firth classify train --input train --threads 1 --quiet --dim 10 --lr 0.5 --epochs 20"
expect 0 "wrote plain.bin" $train --output plain.bin
test="$firth classify test --model plain.bin --input held"
expect 0 ", calibration error 0" $test
expect 0 ", precision .* at recall 0.5 (threshold 0[.0-9]*), precision .* at recall 0.9 (threshold .*), recall .* at precision 1 (threshold .*)" $test --at-recall 0.5 0.9 --at-precision 1
expect 0 "^z: .* examples, precision .* at recall 0.5" $test --by-label --at-recall 0.5
expect 0 "^confusion: " $test --confusion
[ "$(tail -3 out | awk '{ s += $1 + $2 + $3 } END { print s }')" -eq 100 ] || fail "a confusion matrix of other examples: $(cat out)"
expect 0 '"precision_at_recall"' $test --at-recall 0.5 --json
expect 0 '"threshold": [01]' $test --at-recall 0.5 --json
expect 2 "--at-recall is 2, expected 0 to 1" $test --at-recall 2
# Labels with another prefix, and in a column, are tested alike.
sed 's/__label__/#/' held >hash
sed 's/__label__\([a-z]*\) /\1\t/' held >column
$test >plain
expect 0 "examples" "$firth" classify test --model plain.bin --input hash --label-prefix '#'
same out plain "labels with another prefix are tested otherwise"
expect 0 "examples" "$firth" classify test --model plain.bin --input column --label-column
same out plain "labels in a column are tested otherwise"

# Weights of classes.
expect 0 "wrote balanced.bin" $train --output balanced.bin --class-weights balanced
cmp -s plain.bin balanced.bin && fail "balanced weights change nothing"
expect 0 "wrote ones.bin" $train --output ones.bin --class-weights x=1 y=1.0
same plain.bin ones.bin "weights of 1 change something"
expect 2 "the label \"q\", expected one of the 3 labels" $train --output no.bin --class-weights q=2
expect 2 "has \"x=two\", expected \"balanced\" alone, or label=weight" $train --output no.bin --class-weights x=two
expect 2 "label weight is -1, expected 0 to 1000" $train --output no.bin --class-weights x=-1

# Odd texts: each a clear sentence, or what is said of it.
expect 1 "the training diverged in epoch " "$firth" classify train --input train --output no.bin --quiet --threads 1 --epochs 50 --lr 10 --class-weights x=1000 y=1000 z=1000
printf '\n__label__a one\n   \nno label\n__label__a two\n__label__once three\n__label__\n' >odd
expect 0 "warning: 2 lines of --input have no label that counts" "$firth" classify train --input odd --output odd.bin --dim 4
expect 0 '"labels"' "$firth" classify train --input odd --output odd.bin --dim 4 --json --quiet
grep -q '"labels": 2,' out || fail "a label that was seen once does not count: $(cat out)"
grep -q '"empty_lines": 2,' out || fail "empty lines: $(cat out)"
printf 'no label\nnone here\n' >none
expect 1 "none has no label in any of its 2 lines, expected words that begin with \"__label__\"" "$firth" classify train --input none --output no.bin
expect 1 "none has no line with a label of plain.bin" "$firth" classify test --model plain.bin --input none
expect 1 "has no label in any of its" "$firth" classify tune --input none --output no.bin --quiet
printf '__label__a one\n' >one
expect 1 "1 examples cannot be split, expected two or more" "$firth" classify tune --input one --output no.bin --quiet
awk 'BEGIN { for (i = 0; i < 10000; ++i) print "__label__l" i " w" i }' >many
for loss in hs softmax; do
    expect 0 "10000 labels" "$firth" classify train --input many --output many.bin --dim 4 --epochs 1 --loss $loss --quiet
done
head -500 many >many.test
expect 0 "^500 examples" "$firth" classify test --model many.bin --input many.test --confusion
finish
