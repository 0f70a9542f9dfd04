"""Tokenizers of firth beside tokenizers and tiktoken: the same ids, offsets and texts, files that both read; skips without.

Usage: compare_tokenizers.py PATH_OF_TOKENIZER_LINES [TEXT] [--every-character] [--more FILE...]

Small tokenizers of every kind are trained on TEXT, or on a text made here; --more names files of tokenizers that are compared, too.
--every-character looks at each code point of Unicode between others, and lists those of which something else is made. The peers
are tokenizers 0.23.3 and tiktoken from PyPI, whose tables of Unicode are of several versions.
"""
import argparse
import base64
import itertools
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time
import unicodedata

try:
    import tokenizers
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
except ImportError:
    print("skipped: tokenizers is not installed (PyPI: tokenizers==0.23.3)")
    sys.exit(77)

parser = argparse.ArgumentParser()
parser.add_argument("program")
parser.add_argument("text", nargs="?")
parser.add_argument("--every-character", action="store_true")
parser.add_argument("--fuzz", type=float, default=1, metavar="SECONDS", help="how long random texts are looked at, a tokenizer")
parser.add_argument("--only", help="only the small tokenizers whose name has this")
parser.add_argument("--more", nargs="*", default=[])
parser.add_argument("--ranks", nargs="*", default=[], help="pairs of a file of ranks and its pattern's name")
arguments = parser.parse_args()
program = os.path.abspath(arguments.program)
folder = tempfile.mkdtemp()
differences = []
# Where a run of unknown characters becomes bytes, the peer's offsets of each are those of the run.
# Where a charsmap makes one character of several, or none, the peer's are those of the first, or of others.
coarse = {name + more for name in ("unigram of bytes", "xlm-roberta") for more in ("", ", with special tokens")}


def firth(file, what, texts, *more):
    given = "".join(json.dumps(text) + "\n" if isinstance(text, str) else " ".join(map(str, text)) + "\n" for text in texts).encode()
    run = subprocess.run([program, file, what, *more], input=given, capture_output=True)
    if run.returncode != 0:
        raise RuntimeError(run.stderr.decode().strip())
    return run.stdout.decode().split("\n")[:-1]


def ours(file, what, texts, *more):
    """Ids, and offsets in bytes, of each text."""
    lines = [[int(number) for number in line.split()] for line in firth(file, what, texts, *more)]
    return [(line[0::3], list(zip(line[1::3], line[2::3]))) for line in lines]


def theirs(peer, texts, special=False):
    """The same of a peer, whose offsets are in characters."""
    made = []
    for text, encoding in zip(texts, peer.encode_batch(texts, add_special_tokens=special)):
        at = [0, *itertools.accumulate(len(character.encode()) for character in text)]
        # No bytes is the same wherever it stands.
        made.append((encoding.ids, [(at[begin], at[end]) if begin != end else (0, 0) for begin, end in encoding.offsets]))
    return made


def same(a, b, offsets=True):
    return a[0] == b[0] and (not offsets or all(x == y or (x[0] == x[1] and y[0] == y[1]) for x, y in zip(a[1], b[1])))


def report(name, texts, wrong, show):
    print(f"{name}: {len(wrong)} of {len(texts)} texts differ", flush=True)
    if wrong:
        differences.append(name)
        for i in wrong[:3]:
            show(i)


def compare(name, peer, file, texts, special=False):
    a, b = theirs(peer, texts, special), ours(file, "special" if special else "encode", texts)
    assert len(a) == len(b)

    def show(i):
        at = next((k for k in range(min(len(a[i][0]), len(b[i][0]))) if (a[i][0][k], a[i][1][k]) != (b[i][0][k], b[i][1][k])), 0)
        part = slice(max(0, at - 2), at + 6)
        print(f"  {texts[i][:120]!r}\n    theirs {list(zip(a[i][0], a[i][1]))[part]}\n    ours   {list(zip(b[i][0], b[i][1]))[part]}")

    report(name, texts, [i for i in range(len(texts)) if not same(a[i], b[i], name not in coarse)], show)
    return a


def decoded(peer, ids):
    """Their text, or None where the peer panics, as some of its decoders do at tokens that become empty."""
    try:
        return peer.decode(ids, skip_special_tokens=False)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return None


def compare_all(name, peer, texts, decode=True):
    """A tokenizer of a peer's file, and of the file that firth writes of it."""
    peer.no_padding()
    peer.no_truncation()
    file = os.path.join(folder, "peer.json")
    peer.save(file)
    written = os.path.join(folder, "written.json")
    try:
        if firth(file, "write", [], written) != ["1"]:
            print(f"{name}: other settings when written and read again")
            differences.append(name + " settings")
    except RuntimeError as error:
        print(f"{name}: {error}")
        differences.append(name)
        return
    made = compare(name, peer, file, texts)
    again = Tokenizer.from_file(written)
    other = theirs(again, texts)
    report(name + ", written", texts, [i for i in range(len(texts)) if made[i] != other[i]], lambda i: print(f"  {texts[i][:120]!r} {made[i]} {other[i]}"[:500]))
    short = texts[:500] + texts[-500:]
    compare(name + ", with special tokens", peer, file, short, True)
    report(name + ", written, with special tokens", short,
           [i for i, (a, b) in enumerate(zip(theirs(peer, short, True), theirs(again, short, True))) if a != b], lambda i: print(f"  {short[i][:120]!r}"))
    if decode:
        ids = [ids for ids, _ in made if ids]
        a = [decoded(peer, each) for each in ids]
        b = [json.loads(line) for line in firth(file, "decode", ids)]
        b = [b[i] if a[i] is not None else None for i in range(len(a))]
        if name.startswith("added tokens"):  # the peer decodes an added token to its normal form
            a, b = ([text.lower() for text in each] for each in (a, b))
        report(name + ", decoded", ids, [i for i in range(len(ids)) if a[i] != b[i]], lambda i: print(f"  theirs {a[i][:200]!r}\n  ours   {b[i][:200]!r}"))


def made_text(seed):
    """Words of syllables in several scripts, numbers and marks, some words often."""
    letters = random.Random(seed)
    syllables = ["ka", "lo", "mi", "the", "ing", "ed", "stra", "Über", "né", "да", "не", "при", "中", "文", "語", "가", "나", "ह", "ि", "ﬁ"]
    words = ["".join(letters.choice(syllables) for _ in range(letters.randint(1, 4))) for _ in range(800)]
    lines = []
    for _ in range(4000):
        line = [words[min(int(letters.paretovariate(1)), len(words) - 1)] for _ in range(letters.randint(3, 14))]
        lines.append(" ".join(line) + letters.choice([".", "!", " 1984", " - x", "", " don't", " it's 3.14", "\n", "  \t"]))
    return lines


def is_known(point):
    """Characters that have been in Unicode since version 3.2, and so are in every table; of four the category was another one."""
    return unicodedata.ucd_3_2_0.category(chr(point)) != "Cn" and point not in (0x166D, 0x1734, 0x1885, 0x1886)


def random_texts(count, seed):
    """Random texts of letters, blanks, marks and of characters that have long been in Unicode."""
    letters = random.Random(seed)
    parts = [" "] * 10 + list("abcdefghijklmnopqrstuvwxyzetaoinAEIOU0123456789") + [
        "\u2581", "\t", "\n", "\r\n", "\u00a0", "\u3000", "\u0301", "\u0300", "é", "ß", "ﬁ", "①", "한", "ᄒ", "ᅡ", "中", "文", "ｱ", "ﾞ", "😀", "a\u0301",
        "<s>", "<unk>", "[MASK]", " [MASK] ", "the", "ing ", "<0x41>", "\u200b", "\ufeff", "Å", "A", "Ⅳ", "'s", "'LL", "'ſ", "don't", ".", "--", "...",
        "$", "_", "/", "\u0000", "\u0007", "\ufffd", "²", "½", "١", "ǅ", "ʰ", "ั", "  ", "\u0085", "\u2028", "İ", "Σ", "ς", "@@", "aaaa", "<end>"]
    texts = ["".join(letters.choice(parts) for _ in range(letters.randint(0, 40))) for _ in range(count)]
    ranges = [(1, 0x24F), (0x250, 0x2FFF), (0x3000, 0xD7FF), (0xE000, 0x1FFFF), (0x20000, 0x2FA1F)]
    known = [[chr(point) for point in range(begin, end + 1) if is_known(point)] for begin, end in ranges]
    for _ in range(count // 2):
        texts.append("".join(letters.choice(letters.choice(known)) for _ in range(letters.randint(0, 30))))
    return texts


if arguments.text:
    with open(arguments.text, encoding="utf-8", errors="replace", newline="\n") as file:
        text = [line.rstrip("\n") for line in itertools.islice(file, 4000)]
else:
    text = made_text(1)
texts = text[:1500] + random_texts(1500, 2)
special = ["<unk>", "<s>", "</s>", "<pad>", "[MASK]"]


def trained(model, trainer, normalizer=None, cut=None, decoder=None):
    peer = Tokenizer(model)
    if normalizer is not None:
        peer.normalizer = normalizer
    if cut is not None:
        peer.pre_tokenizer = cut
    if decoder is not None:
        peer.decoder = decoder
    peer.train_from_iterator(text, trainer)
    return peer


def bpe(cut=None, bytes=False, size=700, suffix=None, prefix=None, decoder=None, normalizer=None, **more):
    affixes = {"end_of_word_suffix": suffix, "continuing_subword_prefix": prefix}
    affixes = {key: value for key, value in affixes.items() if value is not None}
    if not bytes:
        more["unk_token"] = "<unk>"
    return trained(models.BPE(**affixes, **more),
                   trainers.BpeTrainer(vocab_size=size, special_tokens=special, show_progress=False,
                                       initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if bytes else [], **affixes),
                   normalizer, cut, decoder)


def of_words(normalizer=None, cut=None, decoder=None):
    """Characters as tokens show best what a step does."""
    return bpe(cut, normalizer=normalizer, size=300, decoder=decoder)


def template(peer):
    ids = {name: peer.token_to_id(name) for name in ("<s>", "</s>")}
    return processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> </s>:1 $B:1 </s>:1", special_tokens=list(ids.items()))


byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
cl100k = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
made = {}
made["byte-level"] = bpe(byte_level, True, decoder=decoders.ByteLevel())
peer = bpe(pre_tokenizers.ByteLevel(add_prefix_space=True), True, decoder=decoders.ByteLevel())
peer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 1))
made["roberta"] = peer
peer = bpe(byte_level, True, decoder=decoders.ByteLevel())
peer.post_processor = processors.ByteLevel(trim_offsets=True, add_prefix_space=False)
made["trimmed offsets"] = peer
made["llama 3"] = bpe(pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(cl100k), "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)]), True,
                      decoder=decoders.ByteLevel(), ignore_merges=True)
made["digits before bytes"] = bpe(pre_tokenizers.Sequence([pre_tokenizers.Digits(True), byte_level]), True, decoder=decoders.ByteLevel())
made["bytes whole"] = bpe(pre_tokenizers.ByteLevel(False, use_regex=False), True, size=500, decoder=decoders.ByteLevel())
made["suffix"] = bpe(pre_tokenizers.WhitespaceSplit(), suffix="</w>", decoder=decoders.BPEDecoder())
made["prefix"] = bpe(pre_tokenizers.Whitespace(), prefix="##", decoder=decoders.WordPiece())
made["fused unknown"] = bpe(pre_tokenizers.Whitespace(), fuse_unk=True, size=200)
llama = bpe(pre_tokenizers.Metaspace(), size=700)
vocabulary = json.loads(llama.to_str())["model"]
size = len(vocabulary["vocab"])
vocabulary["vocab"].update({f"<0x{i:02X}>": size + i for i in range(256)})
merges = [tuple(merge) if isinstance(merge, list) else tuple(merge.split(" ")) for merge in vocabulary["merges"]]
peer = Tokenizer(models.BPE(vocabulary["vocab"], merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
peer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
peer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
peer.add_special_tokens(special)
peer.post_processor = template(peer)
made["llama 2"] = peer
for scheme, split in itertools.product(("always", "first", "never"), (True, False)):
    peer = bpe(pre_tokenizers.Metaspace(prepend_scheme=scheme, split=split), decoder=decoders.Metaspace(prepend_scheme=scheme, split=split))
    made[f"metaspace {scheme} {split}"] = peer
bert = trained(models.WordPiece(unk_token="<unk>"), trainers.WordPieceTrainer(vocab_size=800, special_tokens=special, show_progress=False),
               normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer(), decoders.WordPiece())
bert.post_processor = processors.BertProcessing(("</s>", 2), ("<s>", 1))
made["wordpiece"] = bert
peer = trained(models.WordLevel(unk_token="<unk>"), trainers.WordLevelTrainer(vocab_size=800, special_tokens=special, show_progress=False),
               normalizers.Sequence([normalizers.NFD(), normalizers.Lowercase(), normalizers.StripAccents()]), pre_tokenizers.Whitespace())
peer.post_processor = template(peer)
made["words"] = peer
for name, fallback in (("unigram", False), ("unigram of bytes", True)):
    peer = trained(models.Unigram(), trainers.UnigramTrainer(vocab_size=600, special_tokens=special, unk_token="<unk>", show_progress=False),
                   normalizers.Sequence([normalizers.NFKC(), normalizers.Strip(), normalizers.Replace(Regex(" {2,}"), " ")]),
                   pre_tokenizers.Metaspace(), decoders.Metaspace())
    if fallback:
        model = json.loads(peer.to_str())["model"]
        pieces = [tuple(piece) for piece in model["vocab"]] + [(f"<0x{i:02X}>", -20.0) for i in range(256)]
        again = Tokenizer(models.Unigram(pieces, unk_id=0, byte_fallback=True))
        again.normalizer, again.pre_tokenizer = peer.normalizer, peer.pre_tokenizer
        again.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
        again.add_special_tokens(special)
        peer = again
    made[name] = peer
for name, normalizer in {"nfc": normalizers.NFC(), "nfd": normalizers.NFD(), "nfkc": normalizers.NFKC(), "nfkd": normalizers.NFKD(), "lower": normalizers.Lowercase(),
                         "nmt": normalizers.Nmt(), "strip left": normalizers.Strip(True, False), "strip right": normalizers.Strip(False, True),
                         "prepend": normalizers.Prepend("_x"), "replace": normalizers.Replace("a", "bcd"),
                         "replace runs": normalizers.Replace(Regex(r"\s+"), "xy"), "replace spaces": normalizers.Replace(Regex(" {2,}"), " "), "bert cased": normalizers.BertNormalizer(lowercase=False),
                         "bert raw": normalizers.BertNormalizer(False, False, True, False)}.items():
    made["normalizer " + name] = of_words(normalizer, pre_tokenizers.Whitespace())
behaviors = ("removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous")
cuts = {"white space": pre_tokenizers.WhitespaceSplit(), "words": pre_tokenizers.Whitespace(), "bert": pre_tokenizers.BertPreTokenizer(),
        "digits": pre_tokenizers.Digits(False), "individual digits": pre_tokenizers.Digits(True), "delimiter": pre_tokenizers.CharDelimiterSplit("e"),
        "length": pre_tokenizers.FixedLength(3)}
for behavior in behaviors:
    cuts["punctuation " + behavior] = pre_tokenizers.Punctuation(behavior)
    for inverted in (False, True):
        cuts[f"split {behavior} {inverted}"] = pre_tokenizers.Split("ka", behavior, inverted)
        cuts[f"split blanks {behavior} {inverted}"] = pre_tokenizers.Split(" ", behavior, inverted)
cuts["sequence"] = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation(), pre_tokenizers.Metaspace(), pre_tokenizers.Digits(True)])
def like_xlm_roberta():
    """A Unigram model that firth trains, with a charsmap of nmt_nfkc, in the steps, with the ids and the special tokens of XLM-RoBERTa."""
    with open(os.path.join(folder, "text"), "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in text)
    firth(file.name, "train", [], os.path.join(folder, "trained.json"))
    with open(os.path.join(folder, "trained.json"), encoding="utf-8") as file:
        trained = json.load(file)
    changes = [step for step in trained["normalizer"]["normalizers"] if step["type"] == "Precompiled"]
    pieces = [tuple(piece) for piece in trained["model"]["vocab"]][3:]  # behind <unk>, <s>, </s>
    peer = Tokenizer(models.Unigram([("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *pieces, ("<mask>", 0.0)], unk_id=3))
    peer.normalizer = normalizers.Precompiled(base64.b64decode(changes[0]["precompiled_charsmap"]))
    peer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    peer.decoder = decoders.Metaspace()
    peer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    peer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", AddedToken("<mask>", lstrip=True, normalized=True)])
    return peer


made["xlm-roberta"] = like_xlm_roberta()
# What well-known models cut by, before ByteLevel or behind it.
deepseek_v3 = (r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+""")
tekken = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|"
          r"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
patterns = {"deepseek": [r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", "[一-龥ࠀ-一가-퟿]+"], "deepseek v3": [r"\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", deepseek_v3],
            "tekken": [tekken], "bloom": [r" ?[^(\s|[.,!?…。，、।۔،])]+"], "poro": [r" ?[^(\s|.,!?…。，、।۔،)]+"]}
for name, regexes in patterns.items():
    made["pattern of " + name] = bpe(pre_tokenizers.Sequence([*(pre_tokenizers.Split(Regex(regex), "isolated") for regex in regexes),
                                                              pre_tokenizers.ByteLevel(False, use_regex=False)]), True, decoder=decoders.ByteLevel())
clip = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
made["pattern of clip"] = bpe(pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(clip), "removed", invert=True), byte_level]), True, suffix="</w>",
                              normalizer=normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]),
                              decoder=decoders.ByteLevel())
made["pattern of falcon"] = bpe(pre_tokenizers.Sequence([pre_tokenizers.Punctuation("contiguous"), byte_level, pre_tokenizers.Digits(False),
                                                         pre_tokenizers.Split(Regex("[0-9][0-9][0-9]"), "isolated")]), True, decoder=decoders.ByteLevel())
for behavior, inverted in itertools.product(behaviors, (False, True)):
    for number, regex in enumerate((r"\s?\p{L}+", "[0-9]{2}", clip)):
        cuts[f"pattern {number} {behavior} {inverted}"] = pre_tokenizers.Split(Regex(regex), behavior, inverted)
for name, cut in cuts.items():
    made.setdefault("cut by " + name, of_words(None, cut))
for name, decoder in {"bpe": decoders.BPEDecoder("a"), "ctc": decoders.CTC("k", "a"), "ctc raw": decoders.CTC("k", "a", False), "fuse": decoders.Fuse(),
                      "sequence": decoders.Sequence([decoders.Replace("k", "qq"), decoders.Fuse(), decoders.Strip("q", 1, 2)])}.items():
    made["decoder " + name] = of_words(None, pre_tokenizers.Whitespace(), decoder)
for flags in itertools.product((False, True), repeat=4):
    peer = bpe(pre_tokenizers.WhitespaceSplit(), normalizer=normalizers.Lowercase(), size=300)
    peer.add_tokens([AddedToken(content, single_word=flags[0], lstrip=flags[1], rstrip=flags[2], normalized=flags[3])
                     for content in ("<end>", "the", "İ", "new york", "AE", "ka")])
    made[f"added tokens {flags}"] = peer
for name, peer in made.items():
    if arguments.only and arguments.only not in name:
        continue
    compare_all(name, peer, texts)
for file in arguments.more:
    compare_all(file, Tokenizer.from_file(file), texts)
for file, pattern in zip(arguments.ranks[0::2], arguments.ranks[1::2]):
    import tiktoken
    patterns = {"cl100k": cl100k, "o200k": "|".join([
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?", r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])}
    with open(file, encoding="ascii") as lines:
        ranks = {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in lines)}
    peer = tiktoken.Encoding(pattern, pat_str=patterns[pattern], mergeable_ranks=ranks, special_tokens={})
    a = [peer.encode_ordinary(each) for each in texts]
    b = [ids for ids, _ in ours(file, "encode", texts, pattern)]
    report(f"tiktoken {pattern}", texts, [i for i in range(len(texts)) if a[i] != b[i]], lambda i: print(f"  {texts[i]!r}\n    theirs {a[i]}\n    ours   {b[i]}"))


def compare_dropout(name, peer, texts, draws=40):
    """How many tokens texts have on average where merges are left out at random, within five standard errors; without merges the same ids."""
    file = os.path.join(folder, "peer.json")
    for dropout in (0.1, 0.5, 0.9, 1.0):
        peer.model.dropout = dropout
        peer.save(file)
        drawn = ours(file, "sample", texts * draws)
        a = [theirs(peer, texts) for _ in range(draws)]
        b = [drawn[i * len(texts):(i + 1) * len(texts)] for i in range(draws)]
        if dropout == 1 and a != b:
            differences.append(f"{name} without merges")
        sums = [[sum(len(ids) for ids, _ in text) for text in made] for made in (a, b)]
        mean, other = means = [sum(each) / draws for each in sums]
        error = math.sqrt(sum((x - m) ** 2 for each, m in zip(sums, means) for x in each)) / draws
        print(f"{name}, dropout {dropout}: {mean:.1f} tokens, ours {other:.1f}, standard error {error:.1f}", flush=True)
        if abs(mean - other) > 5 * error:
            differences.append(f"{name} dropout {dropout}")
    peer.model.dropout = None


def as_ranges(points):
    ranges = []
    for point in points:
        if ranges and ranges[-1][1] == point - 1:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    return " ".join(f"{begin:04X}" if begin == end else f"{begin:04X}-{end:04X}" for begin, end in ranges)


def known_differences():
    """Ranges of characters by the name of a tokenizer: see unicode_differences.txt."""
    known = {}
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "unicode_differences.txt"), encoding="ascii") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                name, ranges = line.split(":")
                for each in ranges.split():
                    begin, end = (int(point, 16) for point in (each.split("-") * 2)[:2])
                    known.setdefault(name.strip(), set()).update(range(begin, end + 1))
    return known


of_unicode = ("byte-level", "llama 3", "wordpiece", "words", "normalizer nfkc", "normalizer nfd", "normalizer nmt", "cut by words", "cut by digits",
              "cut by punctuation isolated", "unigram", "xlm-roberta")


def of_every_character(name, peer, known):
    """Characters between others of which something else is made, that are not known to be others."""
    file = os.path.join(folder, "peer.json")
    peer.save(file)
    points = [point for point in itertools.chain(range(0xD800), range(0xE000, 0xE010), range(0xF8F0, 0x323B0), range(0xE0000, 0xE01F0))]
    probes = [f"a{chr(point)}b {chr(point)} 1{chr(point)}2 A{chr(point)}B" for point in points]
    a, b = theirs(peer, probes), ours(file, "encode", probes)
    wrong = [point for point, x, y in zip(points, a, b) if not same(x, y, name not in coarse)]
    new = [point for point in wrong if point not in known]
    print(f"{name}: {len(wrong)} characters differ, {len(new)} of them are not known to: {as_ranges(new)}", flush=True)
    if new:
        differences.append(name + " by characters")


def fuzz(name, peer, known, seconds):
    """Random texts of all of Unicode, assigned and not, but for the characters that are known to be others."""
    file = os.path.join(folder, "peer.json")
    peer.save(file)
    letters = random.Random(5)
    ranges = [(0, 0x7F), (0x80, 0x2FFF), (0x300, 0x36F), (0x3000, 0xD7FF), (0xE000, 0x1FFFF), (0x20000, 0x3FFFF), (0xE0000, 0x10FFFF)]
    end = time.monotonic() + seconds
    count = 0
    while count == 0 or time.monotonic() < end:
        drawn = [[letters.randint(*letters.choice(ranges)) for _ in range(letters.randint(0, 30))] for _ in range(2000)]
        given = ["".join(chr(point) for point in line if point not in known) for line in drawn]
        count += len(given)
        a, b = theirs(peer, given), ours(file, "encode", given)
        # Where marks change their places, the peer's offsets stay in theirs.
        fixed = [name not in coarse and not any(map(unicodedata.combining, line)) for line in given]
        wrong = [i for i in range(len(given)) if not same(a[i], b[i], fixed[i])]
        for i in wrong[:3]:
            print(f"{name}: {given[i]!r}\n    theirs {a[i]}\n    ours   {b[i]}")
        if wrong:
            differences.append(name + " fuzzed")
            break
    print(f"{name}: {count} random texts of all of Unicode, {len(wrong)} differ", flush=True)


for name in ("byte-level", "llama 3", "suffix"):
    if not arguments.only or arguments.only in name:
        compare_dropout(name, made[name], text[:150])
known = known_differences()
for name in of_unicode:
    if not arguments.only or arguments.only in name:
        fuzz(name, made[name], known.get(name, set()), arguments.fuzz)
    if arguments.every_character:
        of_every_character(name, made[name], known.get(name, set()))
for file in arguments.more:
    peer = Tokenizer.from_file(file)
    peer.no_truncation()
    peer.no_padding()
    # Of patterns, letters and numbers that are new in the peer's Unicode matter, where a merge reaches over the cut.
    fuzz(file, peer, known["wordpiece" if isinstance(peer.normalizer, normalizers.BertNormalizer) else "words"], arguments.fuzz)
if differences:
    sys.exit("different: " + ", ".join(differences))
