"""Static encoders of firth beside model2vec: the same vectors of the same folders, and folders that both read; skips without.

Usage: compare_static.py PATH_OF_STATIC_VECTORS [--time] [--more FOLDER...]

Random models of every kind of tokenizer, type of element, with and without weights and mapping are made here; --more names folders of
models that are compared, too, --time says how fast both are on one thread. The peer is model2vec 0.10.0 from PyPI.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
try:
    import numpy
    from model2vec import StaticModel
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
except ImportError:
    print("skipped: model2vec is not installed (PyPI: model2vec==0.10.0)")
    sys.exit(77)

parser = argparse.ArgumentParser()
parser.add_argument("program")
parser.add_argument("--time", action="store_true")
parser.add_argument("--more", nargs="*", default=[])
arguments = parser.parse_args()
program = os.path.abspath(arguments.program)
folder = tempfile.mkdtemp()
draw = random.Random(5)
differences = []


def firth(path, texts, *more):
    lines = "".join(json.dumps(text) + "\n" for text in texts).encode()
    run = subprocess.run([program, path, *more], input=lines, capture_output=True)
    if run.returncode != 0:
        raise RuntimeError(run.stderr.decode().strip())
    return run.stdout


def ours(path, texts):
    return numpy.frombuffer(firth(path, texts), dtype=numpy.float32).reshape(len(texts), -1)


syllables = ["ka", "to", "mi", "ré", "sun", "der", "ölf", "東", "京", "the", "ing", "un"]
words = ["".join(draw.choices(syllables, k=draw.randint(1, 4))) for _ in range(400)]


def text_of(length):
    return " ".join(draw.choice(words).capitalize() if draw.random() < 0.1 else draw.choice(words) for _ in range(length))


corpus = [text_of(draw.randint(1, 30)) for _ in range(300)]
texts = ["", " ", "?", "\U0001F600 ka", "ka\nto\tmi", "[UNK] ka [CLS]", "<unk>ka", "é" * 50, "x" * 3000, text_of(2000)]
texts += [text_of(draw.randint(1, 40)) + draw.choice(["", "!", " q🙂", "..."]) for _ in range(100)]


def tokenizers():
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.train_from_iterator(corpus, trainers.WordPieceTrainer(vocab_size=200, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]"]))
    yield "wordpiece", made
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=400, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                                                         show_progress=False))
    yield "byte-level bpe", made
    made = Tokenizer(models.BPE(unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=120, special_tokens=["<unk>"], show_progress=False))
    yield "bpe", made
    made = Tokenizer(models.Unigram())
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.train_from_iterator(corpus, trainers.UnigramTrainer(vocab_size=120, special_tokens=["<unk>"], unk_token="<unk>",
                                                             show_progress=False))
    yield "unigram", made
    made = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.train_from_iterator(corpus, trainers.WordLevelTrainer(vocab_size=150, special_tokens=["[UNK]"], show_progress=False))
    yield "words", made


def wide(path):
    """A model that sums in float64."""
    read = StaticModel.from_pretrained(path)
    return StaticModel(read.embedding.astype(numpy.float64), read.tokenizer, normalize=read.normalize, max_length=read.max_length,
                       weights=read.weights, token_mapping=read.token_mapping)


def compare(name, path):
    """Vectors of a folder, and of what firth writes of it, in float32 and all of one type."""
    expected = wide(path).encode(texts)
    copy = os.path.join(folder, "copy")
    firth(path, [], "copy", copy)
    scale = max(1.0, numpy.abs(expected).max())
    for what, found in [("read", ours(path, texts)), ("written", wide(copy).encode(texts))]:
        off = numpy.abs(found - expected).max(axis=1) / scale
        wrong = numpy.flatnonzero(~(off < 1e-6))
        if len(wrong):
            differences.append(name)
            print(f"{name}, {what}: {len(wrong)} of {len(texts)} texts differ, {off.max():.1e}, {texts[wrong[0]][:60]!r}", flush=True)


count = 0
for name, tokenizer in tokenizers():
    size = tokenizer.get_vocab_size()
    for element in (numpy.float32, numpy.float16, numpy.int8):
        for normalize, max_length, mapped in ((True, 512, False), (False, None, True), (True, 7, True), (False, 1, False)):
            rows = size if not mapped else 40
            values = numpy.random.default_rng(count).normal(size=(rows, draw.choice([1, 5, 64, 256])))
            values = (values * 40 if element == numpy.int8 else values).astype(element)
            weights = numpy.random.default_rng(count).random(size).astype(draw.choice([numpy.float32, numpy.float64])) if mapped else None
            mapping = numpy.random.default_rng(count).integers(0, rows, size) if mapped else None
            model = StaticModel(values, tokenizer, normalize=normalize, max_length=max_length, weights=weights, token_mapping=mapping)
            path = os.path.join(folder, str(count))
            model.save_pretrained(path)
            compare(f"{name}, {element.__name__}, normalize {normalize}, max_length {max_length}, mapped {mapped}", path)
            count += 1
for path in arguments.more:
    compare(path, path)
print(f"{count + len(arguments.more)} models, {len(set(differences))} differ")

if arguments.time:
    for path in arguments.more:
        sample = corpus * 10
        peer = StaticModel.from_pretrained(path)
        least = min((lambda begin: (peer.encode(sample), time.perf_counter() - begin)[1])(time.perf_counter()) for _ in range(5))
        print(f"{path}: {float(firth(path, sample, 'time')):.0f} texts/s, model2vec {len(sample) / least:.0f}")
sys.exit(1 if differences else 0)
