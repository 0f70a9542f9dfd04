"""Models of SentencePiece and Hugging Face's Unigram in firth: the same ids, offsets, texts and files; skips where they are absent.

Usage: sentencepiece.py PATH_OF_SENTENCEPIECE_LINES [TEXT]

Small models are trained on TEXT, or on a text made here, with every setting that changes what is made of a text. The
peers are sentencepiece 0.2.3 and tokenizers 0.23.3 from PyPI.
"""
import os
import random
import struct
import subprocess
import sys
import tempfile

try:
    import sentencepiece
except ImportError:
    print("skipped: sentencepiece is not installed (PyPI: sentencepiece==0.2.3)")
    sys.exit(77)
program = os.path.abspath(sys.argv[1])
folder = tempfile.mkdtemp()
# What is different: (model, lines that are looked at).
differences = []


def firth(model, what, lines, *more):
    given = "".join(line + "\n" for line in lines).encode()
    run = subprocess.run([program, model, what, *more], input=given, capture_output=True)
    assert run.returncode == 0, (model, what, run.stderr.decode())
    return run.stdout.decode().split("\n")[:-1]


def numbers(lines):
    return [[int(number) for number in line.split()] for line in lines]


def compare(name, lines, theirs, ours, allowed=0):
    """At most a share of `allowed` of the lines may differ."""
    assert len(theirs) == len(ours) == len(lines), (name, len(theirs), len(ours))
    wrong = [i for i in range(len(lines)) if theirs[i] != ours[i]]
    print(f"{name}: {len(wrong)} of {len(lines)} lines differ", flush=True)
    if len(wrong) > allowed * len(lines):
        for i in wrong[:3]:
            print(f"  {lines[i][:200]!r}\n  theirs {theirs[i]!r:.300}\n  ours   {ours[i]!r:.300}")
        differences.append(name)


def made_text(seed):
    """Words of syllables in three scripts, numbers and marks, some words often."""
    letters = random.Random(seed)
    syllables = ["ka", "lo", "mi", "the", "ing", "ed", "stra", "über", "né", "да", "не", "при", "中", "文", "語", "가", "나"]
    words = ["".join(letters.choice(syllables) for _ in range(letters.randint(1, 4))) for _ in range(800)]
    lines = []
    for _ in range(4000):
        line = [words[min(int(letters.paretovariate(1)), len(words) - 1)] for _ in range(letters.randint(3, 14))]
        lines.append(" ".join(line) + letters.choice([".", "!", " 1984", " - x", ""]))
    return lines


def fields(message, *path):
    """The values at a path of field numbers in a protobuf message: numbers or bytes."""
    found = []
    at = 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag = number()
        size = {1: 8, 5: 4}.get(tag & 7)
        if tag & 7 == 0:
            value = number()
        else:
            size = size or number()
            value = message[at:at + size]
            at += size
        if tag >> 3 == path[0]:
            found += [value] if len(path) == 1 else fields(value, *path[1:])
    return found


def random_lines(count, seed):
    parts = [" "] * 8 + list("abcdefghijklmnopqrstuvwxyzetaoin") * 2 + [
        "\u2581", "\t", "\u00a0", "\u3000", "\u0301", "\u0300", "é", "ß", "ﬁ", "①", "한", "ᄒ", "ᅡ", "中", "文", "ｱ", "ﾞ", "😀", "\u200d",
        "a\u0301", "<s>", "<unk>", "<sep>", "the", "ing ", "<0x41>", "\u200b", "\ufeff", "Å", "\0", "\u2581de", "A", "Ⅳ", "㍿", "ﷺ"]
    letters = random.Random(seed)
    lines = ["".join(letters.choice(parts) for _ in range(letters.randint(0, 40))) for _ in range(count)]
    for _ in range(count // 4):
        ranges = [(1, 0x24F), (0x250, 0x2FFF), (0x3000, 0xD7FF), (0xE000, 0x1FFFF)]
        line = "".join(chr(letters.randint(*letters.choice(ranges))) for _ in range(letters.randint(0, 30)))
        lines.append(line.replace("\n", " "))
    return lines


if len(sys.argv) > 2:
    with open(sys.argv[2], encoding="utf-8", newline="\n") as file:
        text = [line.rstrip("\r\n") for line in file]
else:
    text = made_text(1)
training = os.path.join(folder, "text")
with open(training, "w", encoding="utf-8") as file:
    file.writelines(line + "\n" for line in text)

settings = {
    "unigram": {},
    "unigram_bytes": {"byte_fallback": True, "character_coverage": 0.99},
    "unigram_user": {"user_defined_symbols": ["<sep>", "the", "ing ", "\u2581de", "a\u2581b"], "normalization_rule_name": "nfkc_cf"},
    "unigram_marks": {"user_defined_symbols": ["<sep>", "the", "\u2581de", "a\u2581b"]},
    "unigram_suffix": {"treat_whitespace_as_suffix": True},
    "bpe": {"model_type": "bpe"},
    "bpe_bytes": {"model_type": "bpe", "byte_fallback": True, "character_coverage": 0.99},
    "bpe_user": {"model_type": "bpe", "user_defined_symbols": ["<sep>", "the", "in"], "normalization_rule_name": "identity"},
    "bpe_marks": {"model_type": "bpe", "user_defined_symbols": ["<sep>", "\u2581\u2581", "\u2581\u2581\u2581", "the"], "byte_fallback": True,
                  "add_dummy_prefix": False, "remove_extra_whitespaces": False, "normalization_rule_name": "identity", "character_coverage": 0.99},
    "bpe_raw": {"model_type": "bpe", "add_dummy_prefix": False, "remove_extra_whitespaces": False, "split_by_whitespace": False,
                "normalization_rule_name": "identity", "allow_whitespace_only_pieces": True},
}
hostile = random_lines(8000, 2)
for name, more in settings.items():
    sentencepiece.SentencePieceTrainer.train(
        input=training, model_prefix=os.path.join(folder, name), vocab_size=1200, hard_vocab_limit=False, minloglevel=2, num_threads=1,
        **more)
    model = os.path.join(folder, name + ".model")
    peer = sentencepiece.SentencePieceProcessor(model_file=model)
    for kind, lines in (("text", text[:20000]), ("random", hostile)):
        theirs = peer.encode(lines)
        compare(f"{name} {kind}", lines, theirs, numbers(firth(model, "ids", lines)))
        # Ways of cutting that are equally likely are told apart by rounding, which depends on what is before them.
        compare(f"{name} {kind} by words", lines, theirs, numbers(firth(model, "words", lines)), 0.002)
        ids = [" ".join(map(str, line)) for line in theirs]
        whole = [i for i in range(len(lines)) if "\n" not in peer.decode(theirs[i])]
        compare(f"{name} {kind} decoded", [ids[i] for i in whole], [peer.decode(theirs[i]) for i in whole],
                firth(model, "decode", [ids[i] for i in whole]))
    normalized = [line for line in hostile if "\n" not in peer.normalize(line)]
    compare(f"{name} normalized", normalized, [peer.normalize(line) for line in normalized], firth(model, "normalize", normalized))
    # Any ids are decoded, too.
    letters = random.Random(3)
    size = peer.get_piece_size()
    drawn = [[letters.randrange(size if i % 2 else min(size, 262)) for _ in range(letters.randint(0, 12))] for i in range(3000)]
    drawn = [ids for ids in drawn if "\n" not in peer.decode(ids)]
    compare(f"{name} any ids decoded", [" ".join(map(str, ids)) for ids in drawn], [peer.decode(ids) for ids in drawn],
            firth(model, "decode", [" ".join(map(str, ids)) for ids in drawn]))
    # A file that firth wrote is the same model.
    written = os.path.join(folder, "written.model")
    firth(model, "write", [], written)
    again = sentencepiece.SentencePieceProcessor(model_file=written)
    compare(f"{name} written", hostile, peer.encode(hostile), again.encode(hostile))
    pieces = [(peer.id_to_piece(i), peer.get_score(i)) for i in range(size)]
    assert pieces == [(again.id_to_piece(i), again.get_score(i)) for i in range(again.get_piece_size())]
    if name.startswith("unigram"):
        short = [line[:30] for line in text[:300]]
        scores = [[float(score) for score in line.split()] for line in firth(model, "n-best", short)]
        for line, ours in zip(short, scores):
            paths = peer.nbest_encode(line, nbest_size=10, out_type="serialized_proto")
            theirs = [struct.unpack("<f", score)[0] for score in fields(paths, 1, 3)]
            if line.strip():
                assert len(theirs) == len(ours), (name, line, theirs, ours)
                assert all(abs(a - b) < 1e-3 * max(1, abs(a)) for a, b in zip(theirs, ours)), (name, line, theirs, ours)

# Where tokens lie in the text: sentencepiece counts spaces that it took away to the token before them or to none.
peer = sentencepiece.SentencePieceProcessor(model_file=os.path.join(folder, "unigram.model"))
plain = [line for line in text[:3000] if line.isascii() and "  " not in line and line == line.strip()]
theirs = []
for line in plain:
    pieces = fields(peer.encode(line, out_type="serialized_proto"), 2)
    theirs.append([(fields(piece, number) or [0])[0] for piece in pieces for number in (2, 4, 5)])
compare("offsets", plain, theirs, numbers(firth(os.path.join(folder, "unigram.model"), "offsets", plain)))

try:
    import tokenizers
    from tokenizers import decoders, models, normalizers, pre_tokenizers
except ImportError:
    print("tokenizers is not installed (PyPI: tokenizers==0.23.3): not compared")
    tokenizers = None
if tokenizers is not None:
    for name in ("unigram", "unigram_bytes"):
        model = os.path.join(folder, name + ".model")
        peer = sentencepiece.SentencePieceProcessor(model_file=model)
        with open(model, "rb") as file:
            charsmap = fields(file.read(), 3, 2)[0]
        pieces = [(peer.id_to_piece(i), peer.get_score(i)) for i in range(peer.get_piece_size())]
        unigram = tokenizers.Tokenizer(models.Unigram(pieces, unk_id=peer.unk_id(), byte_fallback=name.endswith("bytes")))
        unigram.pre_tokenizer = pre_tokenizers.Metaspace()
        unigram.normalizer = normalizers.Precompiled(charsmap)
        for kind, lines in (("text", text[:20000]), ("random", hostile)):
            compare(f"tokenizers {name} {kind}", lines, [e.ids for e in unigram.encode_batch(lines)],
                    numbers(firth(model, "hugging-face", lines)), 0.002)
    letters = random.Random(4)
    model = os.path.join(folder, "unigram.model")
    choices = ["\u2581", "\u2581\u2581a", "a", "aa", "aaa", "b", "<0x41>", "<0xC3>", "<0xA9>", "<0xff>", "<0x+A>", "<0x4>", "a\u2581", "aab", ""]
    drawn = [[letters.choice(choices) for _ in range(letters.randint(1, 8))] for _ in range(4000)]
    drawn = [tokens for tokens in drawn if tokens[-1] != ""]
    lines = ["\t".join(tokens) for tokens in drawn]
    for what, decoder in (("metaspace", decoders.Metaspace()), ("byte-fallback", decoders.ByteFallback()), ("replace", decoders.Replace("aa", "b"))):
        theirs = [decoder.decode(tokens) for tokens in drawn]
        kept = [i for i in range(len(lines)) if "\n" not in theirs[i]]
        compare(f"decoder {what}", [lines[i] for i in kept], [theirs[i] for i in kept], firth(model, what, [lines[i] for i in kept]))
    # A model as a tokenizer.json: the same ids of both, and those of sentencepiece, but for rounding, what it calls its marks and
    # graphemes, by which tokenizers looks up a charsmap.
    refused = {"unigram_user": "change the user-defined piece \"ing \"", "unigram_suffix": "spaces end words", "bpe_user": "a space before each text"}
    for name, more in settings.items():
        model = os.path.join(folder, name + ".model")
        file = os.path.join(folder, name + ".json")
        run = subprocess.run([program, model, "json", file], capture_output=True)
        if name in refused:
            assert run.returncode != 0 and refused[name] in run.stderr.decode(), run.stderr.decode()
            continue
        assert run.returncode == 0, run.stderr.decode()
        peer = sentencepiece.SentencePieceProcessor(model_file=model)
        again = tokenizers.Tokenizer.from_file(file)
        marks = [peer.id_to_piece(i) for i in range(peer.get_piece_size()) if not peer.is_unused(i) and (peer.is_control(i) or peer.is_unknown(i) or peer.is_byte(i))]
        if name == "unigram_marks":
            marks.append("\u2581")  # the charsmap makes spaces of them, of which runs become one
        plain = [line for line in hostile[:8000] if not any(mark in line for mark in [*marks, "\u0301", "\u0300", "\u1112", "\u1161", "\uff9e"])]
        for kind, lines in (("text", text[:20000]), ("random", hostile), ("plain", plain)):
            theirs = [e.ids for e in again.encode_batch(lines, add_special_tokens=False)]
            compare(f"{name} {kind} as json", lines, theirs, numbers(firth(model, "json-ids", lines, file)))
            if kind != "random":
                compare(f"{name} {kind} as json beside sentencepiece", lines, peer.encode(lines), theirs, 0.002)
            if not any(mark in line for mark in marks for line in lines):
                ids = [" ".join(map(str, line)) for line in theirs]
                whole = [i for i in range(len(lines)) if peer.unk_id() not in theirs[i]]
                compare(f"{name} {kind} as json decoded", [ids[i] for i in whole], [peer.decode(theirs[i]) for i in whole],
                        [again.decode(theirs[i]) for i in whole])
if differences:
    sys.exit("different: " + ", ".join(differences))
