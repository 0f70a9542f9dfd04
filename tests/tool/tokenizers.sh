#!/bin/sh
# Trains tokenizers by the tool, makes pieces of texts by them, and trains vectors on these.
# Usage: tokenizers.sh PATH_OF_FIRTH
. "$(dirname "$0")/expect.sh"

awk 'BEGIN { srand(7); split("the king queen and kingdom unkind kindly of lands landed thinking brothers", w, " ");
    for (i = 0; i < 400; ++i) { s = ""; for (k = 0; k < 8; ++k) s = s (k ? " " : "") w[1 + int(rand() * 12)]; print s " ." } }' >text
printf 'the kindly kingdom\n\nunkind brothers\n' >lines

# The three kinds, each the same on any number of threads.
for type in bpe wordpiece unigram; do
    case $type in
    bpe) size=300 output=t.json ;;
    wordpiece) size=60 output=t.json ;;
    unigram) size=35 output=t.model ;;
    esac
    train="$firth train-tokenizer --input text --type $type --size $size --quiet"
    expect 0 "wrote $type.$output: $size tokens" $train --output $type.$output --threads 1
    [ -s err ] && fail "something was printed with --quiet"
    $train --output again --threads 2 >/dev/null
    same $type.$output again "$type: another tokenizer on two threads"
    expect 0 "tokens in 3 lines" "$firth" tokenize --tokenizer $type.$output --count lines
    expect 0 '"ids":\[' "$firth" tokenize --tokenizer $type.$output --jsonl --tokens --offsets lines
    [ "$(wc -l <out)" -eq 3 ] || fail "$type: $(wc -l <out) lines of JSON for three"
    expect 0 "wrote [0-9]* x 4 to $type.vec" "$firth" train --input text --tokenizer $type.$output --output $type.vec --min-count 1 --dim 4 --quiet
done
expect 0 "the" "$firth" tokenize --tokenizer wordpiece.t.json --tokens lines
head -1 out | grep -q "^the " || fail "a frequent word is no token: $(head -1 out)"
grep -q "^Ġking " bpe.vec || fail "pieces of bytes are not called as their files call them"
grep -q "^▁" unigram.vec || fail "no piece begins a word"
"$firth" tokenize --tokenizer bpe.t.json text >one
"$firth" tokenize --tokenizer bpe.t.json - <text >two
same one two "standard input is tokenized otherwise"
expect 0 '"tokens": 302' "$firth" train-tokenizer --input text --size 302 --special "<s>" "</s>" --output s.json --json --quiet
expect 0 "^0$" sh -c "echo '<s>' | '$firth' tokenize --tokenizer s.json"

# An encoded corpus knows its tokenizer; another one is another cache.
mkdir cache
vectors="$firth train --input text --min-count 1 --dim 4 --quiet --cache cache --output c.vec"
$vectors >/dev/null 2>&1
$vectors --tokenizer bpe.t.json >/dev/null 2>&1
$vectors --tokenizer bpe.t.json >/dev/null 2>&1
$vectors --tokenizer wordpiece.t.json >/dev/null 2>&1
[ "$(ls cache | wc -l)" -eq 3 ] || fail "$(ls cache | wc -l) encoded corpora, expected 3"
expect 2 "--tokenizer was given, and cache/.* is already encoded" "$firth" train --input cache/"$(ls cache | head -1)" --tokenizer bpe.t.json --output no.vec

# Every file is described.
expect 0 "300" "$firth" info bpe.t.json
expect 0 "35" "$firth" info unigram.t.model
expect 0 '"tokens": *60' "$firth" info --json wordpiece.t.json

# Mistakes.
expect 2 "--pattern is for --type bpe" "$firth" train-tokenizer --input text --type unigram --pattern gpt2 --output no.model
expect 2 "--min-frequency is for" "$firth" train-tokenizer --input text --type unigram --min-frequency 3 --output no.model
expect 2 "is none of gpt2, cl100k, o200k, qwen" "$firth" train-tokenizer --input text --pattern gpt9 --output no.json
expect 1 "absent" "$firth" train-tokenizer --input absent --output no.json
expect 2 "vocab_size is 100000, expected at most" "$firth" train-tokenizer --input text --type unigram --size 100000 --output no.model --quiet
expect 0 "wrote soft.model" "$firth" train-tokenizer --input text --type unigram --size 100000 --soft-limit --output soft.model --quiet
expect 2 "" "$firth" train-tokenizer --input text --size 10 --output no.json --quiet
expect 2 "" "$firth" train-tokenizer --input text --output text
[ -e no.json ] || [ -e no.model ] && fail "a failed training left a file"
expect 1 "cannot read absent.json" "$firth" train --input text --tokenizer absent.json --output no.vec
expect 1 "absent/config.json" "$firth" distill --model absent --output made
[ -e made ] && fail "a failed distilling left a folder"
expect 2 "--weights" "$firth" distill --model absent --output made --weights some
finish
