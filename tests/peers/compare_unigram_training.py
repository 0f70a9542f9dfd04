"""Unigram models that firth trained, in sentencepiece: they load, give the same ids, and are as good as its own; skips where it is absent.

Usage: compare_unigram_training.py PATH_OF_SENTENCEPIECE_LINES [TEXT [SIZE]]

Every tenth line of TEXT, or of a text made here, is held out: a model is as good if it makes no more than 0.5 % more tokens of these, and if
their most likely pieces are no more than 0.5 % less likely a character. The peer is sentencepiece 0.2.3 from PyPI.
"""
import os
import random
import subprocess
import sys
import tempfile

try:
    import sentencepiece
except ImportError:
    print("skipped: sentencepiece is not installed (PyPI: sentencepiece==0.2.3)")
    sys.exit(77)
program = os.path.abspath(sys.argv[1])
size = int(sys.argv[3]) if len(sys.argv) > 3 else 1200 if len(sys.argv) > 2 else 130
folder = tempfile.mkdtemp()
failures = []


def made_text(seed):
    """Sentences of words of syllables in several scripts, some words often, with marks and numbers."""
    letters = random.Random(seed)
    syllables = ["ka", "lo", "mi", "the", "ing", "ed", "stra", "\u00fcber", "ne\u0301", "\u0434\u0430", "\u043f\u0440\u0438", "\u4e2d", "\u8a9e", "\uac00"]
    words = ["".join(letters.choice(syllables) for _ in range(letters.randint(1, 4))) for _ in range(3000)]
    lines = []
    for _ in range(20000):
        line = [words[min(int(letters.paretovariate(0.7)), len(words) - 1)] for _ in range(letters.randint(3, 14))]
        line = [word + letters.choice(["", "", "", "", ",", "."]) for word in line]
        lines.append(" ".join(line) + letters.choice([".", "!", " 1984", " - \ufb01x", "\t\u00a0", ""]))
    return lines


def run(*arguments, lines=()):
    given = "".join(line + "\n" for line in lines).encode()
    done = subprocess.run([program, *arguments], input=given, capture_output=True)
    assert done.returncode == 0, (arguments, done.stderr.decode())
    return done.stdout.decode().split("\n")[:-1]


def quality(model, lines):
    """Tokens and the negative logarithm of the probability, a character; unknown ones apart."""
    scores = [model.get_score(i) for i in range(model.get_piece_size())]
    ids = [each for line in model.encode(lines) for each in line if each != model.unk_id()]
    characters = sum(len(line) + 1 for line in lines)
    return len(ids) / characters, -sum(scores[each] for each in ids) / characters


if len(sys.argv) > 2:
    with open(sys.argv[2], encoding="utf-8", newline="\n") as file:
        text = [line.rstrip("\r\n") for line in file]
else:
    text = made_text(1)
held = [line for line in text[::10] if line.strip()]
text = [line for i, line in enumerate(text) if i % 10 != 0]
training = os.path.join(folder, "text")
with open(training, "w", encoding="utf-8") as file:
    file.writelines(line + "\n" for line in text)
hostile = held[:2000] + ["", " ", "\u2581", "a\u2581 b", "\ufb01 \uff21\u0301 e\u0301 \u3000", "\ufffd\u200b", "<sep>the <s> <unk>", "\U0001f600 \0 \x7f",
                         "\u1100\u1161\u11a8 \uac00\u11a8"]
for name, rule, more, theirs in [
        ("plain", "nmt_nfkc", [], {}),
        ("folded", "nmt_nfkc_cf", [], {"normalization_rule_name": "nmt_nfkc_cf"}),
        ("identity", "identity", [], {"normalization_rule_name": "identity"}),
        ("bytes", "nfkc", ["bytes"], {"vocab_size": size + 256, "normalization_rule_name": "nfkc", "byte_fallback": True, "character_coverage": 0.99}),
        ("user", "nmt_nfkc", ["<sep>", "the", "\ufb01"], {"user_defined_symbols": ["<sep>", "the", "\ufb01"]})]:
    path = os.path.join(folder, name + ".model")
    theirs = {"vocab_size": size, **theirs}
    run(path, "train", training, str(theirs["vocab_size"]), rule, *more)
    ours = sentencepiece.SentencePieceProcessor(model_file=path)
    ids = [[int(each) for each in line.split()] for line in run(path, "ids", lines=hostile)]
    wrong = [i for i, line in enumerate(ours.encode(hostile)) if line != ids[i]]
    sentencepiece.SentencePieceTrainer.train(
        input=training, model_prefix=os.path.join(folder, "peer"), hard_vocab_limit=False, minloglevel=2,
        max_sentence_length=1 << 30, num_threads=1, **theirs)
    peer = sentencepiece.SentencePieceProcessor(model_file=os.path.join(folder, "peer.model"))
    there, here = quality(peer, held), quality(ours, held)
    tokens, nats = (100 * (b / a - 1) for a, b in zip(there, here))
    print(f"{name}: {len(wrong)} of {len(hostile)} lines differ; {ours.get_piece_size()} pieces (sentencepiece: {peer.get_piece_size()}), "
          f"{tokens:+.2f} % tokens, {nats:+.2f} % nats a character", flush=True)
    for i in wrong[:3]:
        print(f"  {hostile[i]!r:.200}: {ours.encode(hostile[i])} and {ids[i]}")
    if wrong or tokens > 0.5 or nats > 0.5 or ours.get_piece_size() != peer.get_piece_size():
        failures.append(name)
if failures:
    sys.exit("not as good, or different: " + ", ".join(failures))
