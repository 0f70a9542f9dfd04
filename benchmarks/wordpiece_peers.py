"""BERT's tokens beside Hugging Face's tokenizers and tokie, by turns in one run, one thread each, the same ids.

Usage: wordpiece_peers.py --firth-benchmark PATH_OF_benchmark_wordpiece --tokenizer FOLDER TEXT... [--turns 3] [--size MB]

The folder has BERT's vocab.txt and tokenizer.json. tokenizers sees a tenth of the text: it is slow, and has no other
speed for more. The figures are MB of text a second; "cold" is a tokenizer that has seen nothing before.
"""
import argparse
import os
import statistics
import subprocess
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"
import tokenizers
import tokie

parser = argparse.ArgumentParser()
parser.add_argument("--firth-benchmark", required=True)
parser.add_argument("--tokenizer", required=True)
parser.add_argument("--turns", type=int, default=3)
parser.add_argument("--size", type=int, default=10)
parser.add_argument("texts", nargs="+")
arguments = parser.parse_args()


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


for path in arguments.texts:
    with open(path, "rb") as file:
        data = file.read(arguments.size * 1000000)
    data = data[:data.rfind(b"\n") + 1]
    texts = documents(data)
    few = texts[:max(1, len(texts) // 10)]
    speeds = {}
    for turn in range(arguments.turns):
        peer = tokenizers.Tokenizer.from_file(arguments.tokenizer + "/tokenizer.json")
        peer.no_truncation()
        peer.no_padding()
        begin = time.perf_counter()
        encodings = peer.encode_batch(few, add_special_tokens=False)
        speeds.setdefault("tokenizers", []).append(size_of(few) / (time.perf_counter() - begin))
        expected = [each for encoding in encodings for each in encoding.ids]
        peer = tokie.Tokenizer.from_json(arguments.tokenizer + "/tokenizer.json")
        peer.no_truncation()
        for cache in ("cold", "warm"):
            begin = time.perf_counter()
            ids, _ = peer.encode_batch_flat(texts, add_special_tokens=False)
            speeds.setdefault("tokie " + cache, []).append(size_of(texts) / (time.perf_counter() - begin))
        assert ids[:len(expected)].tolist() == expected, "tokie and tokenizers disagree"
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            lines = subprocess.run([arguments.firth_benchmark, arguments.tokenizer + "/vocab.txt", file.name, "1"],
                                   check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
        for line in lines:
            cache, count, total, seconds = line.split()
            assert (int(count), int(total)) == (len(ids), int(ids.sum())), "firth's ids are others"
            speeds.setdefault("firth " + cache, []).append(size_of(texts) / float(seconds))
    ours = statistics.median(speeds["firth warm"])
    for name, values in speeds.items():
        print(f"{os.path.basename(path)}: {name} {statistics.median(values):.1f} MB/s "
              f"[{min(values):.1f}, {max(values):.1f}], firth warm {ours / statistics.median(values):.2f} x", flush=True)
