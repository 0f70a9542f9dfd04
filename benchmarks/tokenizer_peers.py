"""Tokenizers beside their peers, by turns in one run, one thread each, the same ids.

Usage: tokenizer_peers.py --firth-benchmark PATH_OF_benchmark_tokenizers --tokenizer FILE [--pattern cl100k]
                          [--turns 3] [--size MB] TEXT...
       tokenizer_peers.py --firth-benchmark PATH --train bpe|wordpiece [--vocabulary 30256] [--threads 2] [--turns 1] [--size MB] TEXT...

FILE is a tokenizer.json (peers: tokenizers, tokie, gigatoken), a SentencePiece .model (sentencepiece) or ranks of
tiktoken, then with --pattern (tiktoken). Peers that are not installed are left out. tokenizers sees a tenth of the text: it is
slow, and has no other speed for more. The figures are MB of text a second; "cold" has seen nothing before.

With --train, byte-level BPE as GPT-2 has it or WordPiece as BERT has it is learnt from the first MB of each text, all of it
unless --size says how many, beside tokenizers; the figures are seconds from the file to the merges.
"""
import argparse
import base64
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

PATTERNS = {
    "cl100k": r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s""",
    "o200k": "|".join(
        [r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
         r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
         r"""\p{N}{1,3}""", r""" ?[^\s\p{L}\p{N}]+[\r\n/]*""", r"""\s*[\r\n]+""", r"""\s+(?!\S)""", r"""\s+"""]),
}

parser = argparse.ArgumentParser()
parser.add_argument("--firth-benchmark", required=True)
parser.add_argument("--tokenizer")
parser.add_argument("--train", choices=["bpe", "wordpiece"])
parser.add_argument("--vocabulary", type=int, default=30256)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--pattern", default="")
parser.add_argument("--turns", type=int)
parser.add_argument("--size", type=int)
parser.add_argument("texts", nargs="+")
arguments = parser.parse_args()
if (arguments.tokenizer is None) == (arguments.train is None):
    parser.error("either --tokenizer or --train")
# Before anything of the peers is imported.
os.environ["TOKENIZERS_PARALLELISM"] = "true" if arguments.train else "false"
os.environ["RAYON_NUM_THREADS"] = str(arguments.threads if arguments.train else 1)


def learnt_by_tokenizers(path):
    """Their merges, or the set of their tokens, and the seconds that they took."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
    if arguments.train == "bpe":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        trainer = trainers.BpeTrainer(vocab_size=arguments.vocabulary, show_progress=False,
                                      initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    else:
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer()
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = trainers.WordPieceTrainer(vocab_size=arguments.vocabulary, show_progress=False, special_tokens=["[UNK]"])
    begin = time.perf_counter()
    tokenizer.train([path], trainer)
    seconds = time.perf_counter() - begin
    if arguments.train == "wordpiece":
        return list(tokenizer.get_vocab()), seconds
    return [" ".join(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]], seconds


def compare_training(path):
    name = os.path.basename(path)
    counting, merging, peer = [], [], []
    for _ in range(arguments.turns or 1):
        run = subprocess.run([arguments.firth_benchmark, "--train", arguments.train, path, str(arguments.vocabulary), str(arguments.threads)],
                             check=True, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        first, *ours = run.stdout.rstrip("\n").split("\n")
        counting.append(float(first.split()[0]))
        merging.append(float(first.split()[1]))
        theirs, seconds = learnt_by_tokenizers(path)
        peer.append(seconds)
        if arguments.train == "wordpiece":
            print(f"{name}: {len(set(ours) - set(theirs))} of {len(ours)} tokens are not among those of tokenizers")
        else:
            first = next((i for i, pair in enumerate(zip(ours, theirs)) if pair[0] != pair[1]), "none")
            print(f"{name}: {len(ours)} merges, those of tokenizers {len(theirs)}, first difference: {first}")
    seconds, theirs = statistics.median(counting) + statistics.median(merging), statistics.median(peer)
    print(f"{name}: firth counts pieces in {statistics.median(counting):.2f} s and merges in {statistics.median(merging):.2f} s, "
          f"tokenizers trains in {theirs:.1f} s: {theirs / seconds:.1f} x", flush=True)


if arguments.train:
    for path in arguments.texts:
        if arguments.size is None:
            compare_training(path)
            continue
        with tempfile.NamedTemporaryFile() as file, open(path, "rb") as text:
            data = text.read(arguments.size * 1000000)
            file.write(data[:data.rfind(b"\n") + 1])
            file.flush()
            compare_training(file.name)
    sys.exit()


def documents(data, most=20000):
    made = []
    for line in data.split(b"\n"):
        while len(line) > most:
            end = most
            while line[end] & 0xC0 == 0x80:
                end -= 1
            made.append(line[:end])
            line = line[end:]
        if line:
            made.append(line)
    return [each.decode() for each in made]


def size_of(texts):
    return sum(len(each.encode()) for each in texts) / 1e6


def installed(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"{name} is not installed: left out")
        return None


def flat(lists):
    if hasattr(lists, "layout"):  # gigatoken's are arrays of awkward
        return importlib.import_module("awkward").flatten(lists).to_list()
    return [each for ids in lists for each in ids]


def peers():
    """Name, what makes a fresh one, what makes ids of texts, whether it is slow."""
    path = arguments.tokenizer
    if path.endswith(".json"):
        if module := installed("tokenizers"):
            def fresh_tokenizers(module=module):
                made = module.Tokenizer.from_file(path)
                made.no_truncation()
                made.no_padding()
                return made
            yield ("tokenizers", fresh_tokenizers,
                   lambda peer, texts: [each.ids for each in peer.encode_batch(texts, add_special_tokens=False)], True)
        if module := installed("tokie"):
            def fresh_tokie(module=module):
                made = module.Tokenizer.from_json(path)
                made.no_truncation()
                return made
            yield ("tokie", fresh_tokie, lambda peer, texts: [peer.encode_batch_flat(texts, add_special_tokens=False)[0].tolist()], False)
        if module := installed("gigatoken"):
            yield ("gigatoken", lambda module=module: module.Tokenizer.from_json(open(path, "rb").read().decode()),
                   lambda peer, texts: peer.encode_batch(texts, parallel=False), False)
    elif path.endswith(".model"):
        if module := installed("sentencepiece"):
            yield ("sentencepiece", lambda module=module: module.SentencePieceProcessor(model_file=path),
                   lambda peer, texts: peer.encode(texts, num_threads=1), False)
    elif module := installed("tiktoken"):
        ranks = {}
        for line in open(path, "rb"):
            token, rank = line.split()
            ranks[base64.b64decode(token)] = int(rank)
        yield ("tiktoken", lambda: module.Encoding(name="peer", pat_str=PATTERNS[arguments.pattern], mergeable_ranks=ranks,
                                                   special_tokens={}),
               lambda peer, texts: [peer.encode_ordinary(each) for each in texts], False)


chosen = list(peers())
for path in arguments.texts:
    with open(path, "rb") as file:
        data = file.read((arguments.size or 10) * 1000000)
    data = data[:data.rfind(b"\n") + 1]
    texts = documents(data)
    speeds, loads, results = {}, [], {}
    for turn in range(arguments.turns or 3):
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            lines = subprocess.run([arguments.firth_benchmark, arguments.tokenizer, file.name, "1", arguments.pattern],
                                   check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
        for line in lines:
            cache, count, total, seconds = line.split()
            if cache == "load":
                loads.append(float(seconds) * 1000)
                continue
            results["firth"] = (int(count), int(total))
            speeds.setdefault("firth " + cache, []).append(size_of(texts) / float(seconds))
        for name, fresh, encode, slow in chosen:
            try:
                peer = fresh()
                some = texts[:max(1, len(texts) // 10)] if slow else texts
                for cache in ("cold", "warm"):
                    begin = time.perf_counter()
                    ids = encode(peer, some)
                    speeds.setdefault(f"{name} {cache}", []).append(size_of(some) / (time.perf_counter() - begin))
                if not slow:
                    ids = flat(ids)
                    results[name] = (len(ids), sum(ids))
            except Exception as error:  # a peer that cannot do it is told, not measured
                print(f"{name}: {error}")
    for name, result in results.items():
        if result != results["firth"]:
            print(f"{os.path.basename(path)}: the ids of {name} are others: {result}, firth's {results['firth']}")
    print(f"{os.path.basename(path)}: firth opens the file in {statistics.median(loads):.1f} ms")
    ours = {cache: statistics.median(speeds["firth " + cache]) for cache in ("cold", "warm")}
    for name, values in speeds.items():
        median = statistics.median(values)
        print(f"{os.path.basename(path)}: {name} {median:.1f} MB/s [{min(values):.1f}, {max(values):.1f}], "
              f"firth cold {ours['cold'] / median:.2f} x, warm {ours['warm'] / median:.2f} x", flush=True)
