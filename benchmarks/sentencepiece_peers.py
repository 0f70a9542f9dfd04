#!/usr/bin/env python3
"""MB/s of text into ids of a SentencePiece model, beside SentencePiece's own, by turns on one core.

    sentencepiece_peers.py --firth build/benchmarks/benchmark_sentencepiece --text TEXT --model MODEL [--model MODEL] [--turns 3]

Run it with a Python that has sentencepiece. Its ids go to NumPy arrays or lists, whichever is quicker. Prints medians,
the ratio, and how many lines have other ids: those where two ways of cutting are equally likely but for rounding, which
in SentencePiece depends on all that is before them in the line. Nothing else should run meanwhile.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time

import sentencepiece

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--firth", required=True)
parser.add_argument("--text", required=True)
parser.add_argument("--model", required=True, action="append")
parser.add_argument("--turns", type=int, default=3)
arguments = parser.parse_args()

with open(arguments.text, encoding="utf-8", newline="\n") as file:
    lines = file.read().split("\n")
size = os.path.getsize(arguments.text) / 1e6
with tempfile.TemporaryDirectory() as folder:
    for model in arguments.model:
        peer = sentencepiece.SentencePieceProcessor(model_file=model)
        encoders = [lambda: [peer.encode(line) for line in lines]]
        if hasattr(peer, "encode_as_numpy"):
            encoders.append(lambda: [peer.encode_as_numpy(line) for line in lines])
        theirs, cold, warm = [], [], []
        for _ in range(arguments.turns):
            ours = json.loads(subprocess.run([arguments.firth, model, arguments.text], capture_output=True, text=True, check=True).stdout)
            cold.append(ours["cold"])
            warm.append(ours["warm"])
            for encode in encoders:
                begin = time.perf_counter()
                encode()
                theirs.append((size / (time.perf_counter() - begin), encode is encoders[-1]))
        rate = max(statistics.median(r for r, which in theirs if which == last) for last in {which for _, which in theirs})
        subprocess.run([arguments.firth, model, arguments.text, folder + "/ids"], capture_output=True, check=True)
        with open(folder + "/ids") as file:
            ours = [[int(number) for number in line.split()] for line in file]
        different = sum(a != b for a, b in zip(peer.encode(lines), ours))
        print(f"{os.path.basename(model)}: sentencepiece {rate:.1f} MB/s; firth cold {statistics.median(cold):.0f} "
              f"({statistics.median(cold) / rate:.1f} x), warm {statistics.median(warm):.0f} ({statistics.median(warm) / rate:.1f} x); "
              f"{different} of {len(ours)} lines with other ids", flush=True)
