#!/bin/sh
# Gives the tool's commands values that the command line could take for something else, and wrong ones.
# Usage: arguments.sh PATH_OF_FIRTH
. "$(dirname "$0")/expect.sh"

cat >odd.vec <<'END'
12 2
[CLS] 1 0
[a,b] 0.9 0.1
[] 0.8 0.2
train 0 1
++ 0.1 0.9
-x 0.2 0.8
--quiet 0.3 0.7
{} -1 0
%% -0.9 0.1
-- 0.5 0.5
/v 0.6 0.4
info -1 -1
END

# Every word is taken as it is, by every command that takes words.
for word in '[CLS]' '[a,b]' '[]' train ++ '{}' '%%' /v info; do
    expect 0 "." "$firth" neighbors --vectors odd.vec --top 2 "$word"
    [ "$(wc -l <out)" -eq 2 ] || fail "neighbors of $word"
    expect 0 "." "$firth" vectors --vectors odd.vec "$word"
    [ "$(cut -d' ' -f1 <out)" = "$word" ] || fail "vectors of $word are those of $(cut -d' ' -f1 <out)"
    expect 0 "." "$firth" analogy --vectors odd.vec --top 1 "$word" "$word" "$word"
done
for word in -x --quiet -- '[a,b]' train; do
    expect 0 "." "$firth" vectors --vectors odd.vec -- "$word"
    [ "$(cut -d' ' -f1 <out)" = "$word" ] || fail "vectors -- $word"
    expect 0 "." "$firth" vectors --vectors odd.vec info -- "$word"
    [ "$(tail -1 out | cut -d' ' -f1)" = "$word" ] || fail "vectors info -- $word"
    expect 0 "." "$firth" analogy --top 1 --vectors odd.vec -- "$word" -x "$word"
done
expect 0 "." "$firth" neighbors --vectors odd.vec '[CLS]' '[a,b]' train --top 1
[ "$(cut -f1 out)" = /v ] || fail "several words with brackets are $(cat out)"
expect 2 "begin with a dash come after --" "$firth" neighbors --vectors odd.vec -x
expect 2 "words is required" "$firth" neighbors --vectors odd.vec
expect 2 "words" "$firth" analogy --vectors odd.vec train train

# So is every name of a file, and every other value.
i=0
while [ $i -lt 40 ]; do
    echo "tea with milk and sugar"
    echo "car with engine and wheels"
    i=$((i + 1))
done >'[a,b].txt'
mkdir '[f]' train && cp '[a,b].txt' '[f]/[x]' && cp '[a,b].txt' train/-y
small="--dim 3 --epochs 1 --quiet --threads 1"
expect 0 "to \[v\]" "$firth" train --input '[a,b].txt' --output '[v]' $small
for input in '[f]' train '[f]/[x]' "./train/-y"; do
    expect 0 "to w" "$firth" train --input "$input" --output w $small
    same '[v]' w "$input reads as another text"
done
expect 0 "to w" "$firth" train --input='[a,b].txt' --output=w $small
same '[v]' w "--input=[a,b].txt reads as another text"
expect 0 "to info" "$firth" train --input '[f]' train --output info $small
expect 0 "to \[w\]" "$firth" train --output='[w]' --input '[f]' $small
expect 0 "to -w" "$firth" train --output=-w --input '[f]' $small
[ -f ./-w ] || fail "--output=-w"
expect 0 "8 rows\|rows" "$firth" info '[v]'
expect 0 "sound" "$firth" verify '[v]'
expect 0 "wrote \[c\].vec" "$firth" convert --quiet '[v]' '[c].vec'
expect 0 "wrote train.vec" "$firth" convert --quiet -- '[v]' train.vec
expect 0 "[a-z]" "$firth" neighbors --vectors '[v]' tea
expect 0 "wrote \[e\]" "$firth" encode --input '[f]' --output '[e]'
expect 0 "wrote \[c\]" "$firth" cooccur --quiet --input '[f]' --output '[c]' --vocab '[words]'
[ -f '[words]' ] || fail "--vocab with brackets"
printf ': s\n[CLS] [a,b] [CLS] [a,b]\n' >'[q]'
expect 0 "total" "$firth" eval --vectors odd.vec --analogies '[q]'

# A value that is missing, empty or repeated.
expect 2 "--output needs a value, and --dim follows" "$firth" train --input x --output --dim 5
expect 2 "--vectors needs a value, and --top" "$firth" neighbors --vectors --top 3 tea
expect 2 "--output" "$firth" train --input x --output
expect 2 "--dim" "$firth" train --input x --output x --dim 3 --dim 4
expect 2 "output.* is empty" "$firth" train --input x --output ""
expect 2 "output.* is empty" "$firth" train --input x --output=
expect 2 "output.* is empty" "$firth" encode --input x --output ""
expect 2 "output.* is empty" "$firth" cooccur --input x --output ""
expect 2 "vocab.* is empty" "$firth" cooccur --input x --output x --vocab ""
expect 2 "output.* is empty" "$firth" phrases --input x --output ""
expect 2 "output is empty" "$firth" convert odd.vec ""

expect 2 "input is empty" "$firth" train --input "" --output x
expect 2 "input is empty" "$firth" encode --input corpus "" --output x
expect 2 "vectors is empty" "$firth" neighbors --vectors "" tea
expect 2 "file is empty" "$firth" info ""
expect 2 "counts is empty" "$firth" train --model glove --counts "" --output x
expect 1 'the word "" is not' "$firth" neighbors --vectors odd.vec ""
expect 2 '"trian" is no command, expected one of demo, .*train' "$firth" trian --input x --output x
expect 2 '"" is no command' "$firth" ""
expect 2 "not expected: --epohs 3, did you mean --epochs? (see firth train --help)" \
    "$firth" train --input x --output x --epohs 3
expect 2 "not expected: --epohs=3, did you mean --epochs?" "$firth" train --input x --output x --epohs=3
expect 2 "not expected: --nonsense 3 more (see firth train --help)" "$firth" train --input x --output x --nonsense 3 more

# Numbers are named as they were given.
for option in --dim --window --negative --epochs --min-count --max-vocab --threads --seed --all-but-the-top; do
    expect 2 "^firth: $option is -5, expected a whole number from 0 on$" "$firth" train --input x --output x $option -5
    expect 2 "^firth: $option is -5, expected" "$firth" train --input x --output x $option=-5
    expect 2 "^firth: $option is ten, expected a whole number$" "$firth" train --input x --output x $option ten
    expect 2 "^firth: $option is 1.5, expected a whole number$" "$firth" train --input x --output x $option 1.5
done
for option in --lr --sample --negative-power --output-weight --checkpoint-every; do
    expect 2 "^firth: $option is 0,5, expected a number" "$firth" train --input x --output x $option 0,5
    for value in nan inf 1e39 0x ,5; do
        expect 2 "^firth: $option is $value, expected a number" "$firth" train --input x --output x $option $value
    done
    expect 2 "^firth: $option is empty, expected a value" "$firth" train --input x --output x $option ""
done
for option in --window --min-count --threads; do
    expect 2 "^firth: $option is -5, expected" "$firth" cooccur --input x --output x $option -5
done
expect 2 "^firth: --memory is -5, expected bytes" "$firth" cooccur --input x --output x --memory -5
expect 2 "^firth: --top is -5, expected" "$firth" neighbors --vectors odd.vec --top -5 train
expect 2 "^firth: --top is -5, expected" "$firth" analogy --vectors odd.vec --top -5 train train train
expect 2 "^firth: --top is -5, expected" "$firth" convert --top -5 odd.vec x
expect 2 "^firth: --restrict-vocab is -5, expected" "$firth" eval --vectors odd.vec --restrict-vocab -5
expect 2 "^firth: --min-count is -5, expected" "$firth" phrases --input x --output x --min-count -5
expect 2 "^firth: --threads is -5, expected" "$firth" encode --input x --output x --threads -5
expect 2 "^firth: --sentences is -5, expected" "$firth" demo --sentences -5
expect 2 "18446744073709551616, which is too large" "$firth" train --input x --output x --seed 18446744073709551616
expect 0 "to w" "$firth" train --input '[f]' --output w $small --seed 18446744073709551615
expect 2 "^firth: --lr is 0, at which nothing is learnt" "$firth" train --input x --output x --lr 0
expect 2 "^firth: --lr is 0, " "$firth" train --model glove --input x --output x --lr 0.0
expect 2 "stairs not in {constant,cosine,linear}" "$firth" train --input x --output x --schedule stairs
expect 2 "2 not in {constant,cosine,linear}" "$firth" train --input x --output x --schedule 2
for schedule in constant cosine linear; do
    expect 0 "to w$schedule" "$firth" train --input '[f]' --output w$schedule $small --schedule $schedule
done
same wlinear '[v]' "linear is not what --schedule is without"
cmp -s wconstant wcosine && fail "--schedule changes nothing"

# Vectors to go on from have a length of their own.
expect 2 "--dim is 4, and the vectors of \[v\] have 3" "$firth" train --input '[f]' --continue '[v]' --output x --dim 4
expect 2 "--dim is 100, and the vectors of \[v\] have 3" "$firth" train --input '[f]' --continue '[v]' --output x --dim 100
expect 0 "x 3 to w" "$firth" train --input '[f]' --continue '[v]' --output w --dim 3 --quiet
expect 0 "x 3 to w" "$firth" train --input '[f]' --continue '[v]' --output w --quiet

expect 2 "dim is 0" "$firth" demo --dim 0

# Help in words.
for command in demo train cooccur phrases encode neighbors analogy vectors eval info verify convert; do
    expect 0 "Usage: firth $command" "$firth" $command --help
    grep -q "ENUM\|BOOLEAN\|->\|UINT\|FLOAT" out && fail "the help of $command is no words: $(grep "ENUM\|BOOLEAN\|->\|UINT" out)"
done
expect 0 "{constant,cosine,linear}=linear" "$firth" train --help
for command in train cooccur phrases encode convert demo; do
    "$firth" $command --help | grep -q -- --quiet || fail "$command has no --quiet"
done

# Quiet.
expect 0 "wrote" "$firth" phrases --quiet --input '[f]' --output j
[ -s err ] && fail "phrases --quiet is not quiet: $(cat err)"
expect 0 "wrote" "$firth" encode --quiet --input '[f]' --output e
[ -s err ] && fail "encode --quiet is not quiet: $(cat err)"
expect 0 '"raw_words"' "$firth" encode --json --input '[f]' --output e

[ -e x ] && fail "a command that was refused left a file"
finish
