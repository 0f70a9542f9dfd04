"""What firth and Hugging Face's tokenizers learn from the same text: the same tokens, ids and merges; skips where it is absent.

Usage: compare_bpe_training.py PATH_OF_TRAINED_LINES [TEXT]

The text is TEXT, or one made here of words in several scripts, blanks of all kinds and lines without an end. With
prefixes and suffixes the peer's ids are in the order of a hash table, so that pairs which are equally frequent are merged in
another order from run to run: there the sets of tokens are compared, of which a fiftieth may differ. The peer is tokenizers
0.23.3 from PyPI.
"""
import json
import os
import random
import subprocess
import sys
import tempfile

try:
    from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
except ImportError:
    print("skipped: tokenizers is not installed (PyPI: tokenizers==0.23.3)")
    sys.exit(77)
program = os.path.abspath(sys.argv[1])
folder = tempfile.mkdtemp()
differences = []
CL100K = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
SPECIAL = ["<s>", "[UNK]"]


def made_text(seed):
    letters = random.Random(seed)
    syllables = ["ka", "lo", "mi", "the", "ing", "ed", "stra", "über", "né", "да", "не", "при", "中", "文", "語", "가", "나", "aa", "😀", "Th"]
    words = ["".join(letters.choice(syllables) for _ in range(letters.randint(1, 4))) for _ in range(9000)]
    between = [" "] * 12 + ["  ", "\n", "\n", "\n\n", "\r\n", "\t", ", ", ".\n", " 1984 ", "'s ", " \n", "\u00a0", "!!! ", "\u3000"]
    made = []
    for _ in range(60000):
        made.append(words[min(int(letters.paretovariate(0.4)), len(words) - 1)])
        made.append(letters.choice(between))
    return "".join(made) + "the end"


def steps(kind):
    if kind == "gpt2":
        return None, pre_tokenizers.ByteLevel(add_prefix_space=False)
    if kind == "cl100k":
        split = pre_tokenizers.Split(Regex(CL100K), "isolated")
        return None, pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    if kind == "words":
        return None, pre_tokenizers.Whitespace()
    if kind == "metaspace":
        return None, pre_tokenizers.Metaspace()
    return normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()


def byte_characters():
    table, more = {}, 0
    for byte in range(256):
        itself = 0x21 <= byte <= 0x7E or (byte >= 0xA1 and byte != 0xAD)
        table[chr(byte if itself else 0x100 + more)] = byte
        more += not itself
    return table


def theirs(kind, path, size, frequency, limit, length, prefix, suffix):
    """Their tokens by id and their merges, as bytes; how many merges make a token that another one makes, too."""
    normalizer, cut = steps(kind)
    tokenizer = Tokenizer(models.BPE(unk_token=None))
    tokenizer.pre_tokenizer = cut
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    more = {name: value for name, value in (("limit_alphabet", limit), ("max_token_length", length), ("continuing_subword_prefix", prefix),
                                            ("end_of_word_suffix", suffix)) if value}
    if kind in ("gpt2", "cl100k"):
        more["initial_alphabet"] = pre_tokenizers.ByteLevel.alphabet()
    if kind == "bert":
        trainer = trainers.WordPieceTrainer(vocab_size=size, min_frequency=frequency, special_tokens=SPECIAL, show_progress=False, **more)
        tokenizer.model = models.WordPiece(unk_token="[UNK]")
    else:
        trainer = trainers.BpeTrainer(vocab_size=size, min_frequency=frequency, special_tokens=SPECIAL, show_progress=False, **more)
    tokenizer.train([path], trainer)
    model = json.loads(tokenizer.to_str())["model"]
    characters = byte_characters() if kind in ("gpt2", "cl100k") else None

    def spelled(token):
        return token.encode() if characters is None or token in SPECIAL else bytes(characters[each] for each in token)

    tokens = [b""] * len(model["vocab"])
    for token, number in model["vocab"].items():
        tokens[number] = spelled(token)
    return tokens, [tuple(map(spelled, pair)) for pair in model.get("merges", [])]


def ours(threads, kind, path, *options):
    run = subprocess.run([program, kind, path, *map(str, options), str(threads)], capture_output=True, text=True)
    assert run.returncode == 0, (kind, options, run.stderr)
    tokens, merges = [], []
    for line in run.stdout.splitlines():
        what, *values = line.split(" ")
        if what == "token":
            tokens.append(bytes.fromhex(values[0]))
        else:
            merges.append(tuple(tokens[int(value)] for value in values))
    return tokens, merges


def compare(kind, path, size, frequency=0, limit=0, length=0, prefix="", suffix=""):
    options = (size, frequency, limit, length, prefix, suffix)
    name = " ".join(map(str, (kind, *options)))
    results = [ours(threads, kind, path, *options) for threads in (1, 3)]
    if results[0] != results[1]:
        differences.append(name + ": threads")
    tokens, merges = results[0]
    their_tokens, their_merges = theirs(kind, path, *options)
    if prefix or suffix or limit:
        missing = len(set(tokens) ^ set(their_tokens))
        print(f"{name}: {len(tokens)} tokens, {missing} are not among the others' {len(their_tokens)}", flush=True)
        if missing > 2 * len(tokens) // 50 or abs(len(tokens) - len(their_tokens)) > 2:
            differences.append(name)
        return
    first = next((i for i, pair in enumerate(zip(merges, their_merges)) if pair[0] != pair[1]), None)
    print(f"{name}: {len(merges)} merges, first difference {first}", flush=True)
    if tokens != their_tokens or merges != their_merges:
        differences.append(name)


if len(sys.argv) > 2:
    text_path = sys.argv[2]
else:
    text_path = os.path.join(folder, "text")
    with open(text_path, "w", encoding="utf-8", newline="") as file:
        file.write(made_text(1))
for kind in ("gpt2", "cl100k", "words", "metaspace"):
    compare(kind, text_path, 5000)
    compare(kind, text_path, 1500, frequency=30)
    compare(kind, text_path, 4000, length=5)
compare("gpt2", text_path, 3000, length=1)
compare("gpt2", text_path, 100000)
compare("bert", text_path, 3000, prefix="##")
compare("bert", text_path, 1200, frequency=2, limit=40, prefix="##")
compare("words", text_path, 3000, suffix="</w>")
compare("words", text_path, 3000, prefix="@@", suffix="</w>")

# Words of few letters: pairs overlap, and nearly all are as frequent as others.
letters = random.Random(5)
small = os.path.join(folder, "small")
for turn in range(60):
    with open(small, "w", encoding="utf-8") as file:
        for _ in range(letters.randint(1, 60)):
            file.write("".join(letters.choice("aab"[:letters.randint(1, 3)]) for _ in range(letters.randint(1, 40))))
            file.write(letters.choice([" ", " ", "\n"]))
    compare("words", small, letters.randint(10, 200), length=letters.choice([0, 0, 3, 6]))
if differences:
    sys.exit("different: " + ", ".join(differences))
