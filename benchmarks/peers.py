#!/usr/bin/env python3
"""Words a second in training, beside word2vec.c, gensim and fastText, all in one run and by turns.

    peers.py --firth build/tests/firth --corpus corpus.txt [--word2vec PATH] [--fasttext PATH] [--turns 2]

word2vec.c and fastText are the public programs, built with their own flags; gensim is used where /usr/bin/python3
or --python has it. Prints medians, the smallest and the largest figure, and the ratio to each peer. Nothing
else should run meanwhile.
"""
import argparse
import json
import re
import statistics
import subprocess
import tempfile

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--firth", required=True)
parser.add_argument("--corpus", required=True)
parser.add_argument("--word2vec")
parser.add_argument("--fasttext")
parser.add_argument("--python", default="/usr/bin/python3")
parser.add_argument("--turns", type=int, default=2)
parser.add_argument("--threads", type=int, default=2)
arguments = parser.parse_args()
folder = tempfile.mkdtemp()
rates = {}


def note(name, rate):
    rates.setdefault(name, []).append(rate)
    print(f"{rate / 1e6:8.3f}M words/s  {name}", flush=True)


def firth(name, flags, environment=""):
    command = f"{environment} {arguments.firth} train --input {arguments.corpus} --output {folder}/v.firth --epochs 1"
    output = subprocess.run(f"{command} --quiet --json {flags}", shell=True, check=True, capture_output=True, text=True)
    note(name, json.loads(output.stdout)["words_per_second"])


def word2vec(name, flags):
    if not arguments.word2vec:
        return
    command = (f"{arguments.word2vec} -train {arguments.corpus} -output {folder}/w -window 5 -negative 5 -hs 0 -iter 1 "
               f"-sample 1e-3 -threads {arguments.threads} -binary 1 -min-count 5 {flags}")
    output = subprocess.run(command, shell=True, check=True, capture_output=True, text=True).stdout
    note(name, float(re.findall(r"Words/thread/sec: ([0-9.]+)k", output)[-1]) * 1e3 * arguments.threads)


def fasttext(name, model):
    if not arguments.fasttext:
        return
    command = (f"{arguments.fasttext} {model} -input {arguments.corpus} -output {folder}/f -dim 100 -ws 5 -neg 5 -t 1e-4 "
               f"-minCount 5 -epoch 1 -thread {arguments.threads}")
    output = subprocess.run(command, shell=True, check=True, capture_output=True, text=True)
    rate = re.findall(r"words/sec/thread: *([0-9]+)", output.stdout + output.stderr)[-1]
    note(name, float(rate) * arguments.threads)


def gensim(name, skip_gram):
    code = f"""
import time
from gensim.models import Word2Vec
model = Word2Vec(vector_size=100, window=5, negative=5, sample=1e-3, sg={skip_gram}, workers={arguments.threads},
                 min_count=5, epochs=1)
model.build_vocab(corpus_file={arguments.corpus!r})
start = time.time()
model.train(corpus_file={arguments.corpus!r}, total_words=model.corpus_total_words,
            total_examples=model.corpus_count, epochs=1)
print(model.corpus_total_words / (time.time() - start))
"""
    output = subprocess.run([arguments.python, "-c", code], capture_output=True, text=True)
    if output.returncode == 0:
        note(name, float(output.stdout.split()[-1]))


threads = f"--threads {arguments.threads}"
for _ in range(arguments.turns):
    for _ in range(3):
        firth("SGNS, dim 100", threads)
        firth("SGNS, dim 100, one thread", "--threads 1")
        firth("SGNS, dim 100, deterministic", f"{threads} --deterministic")
        firth("SGNS, dim 100, AVX2", threads, "FIRTH_ARCH=avx2")
        firth("SGNS, dim 300", f"{threads} --dim 300")
        firth("SGNS, dim 300, AVX2", f"{threads} --dim 300", "FIRTH_ARCH=avx2")
        firth("CBOW, dim 100", f"{threads} --model cbow")
        firth("CBOW, dim 100, deterministic", f"{threads} --model cbow --deterministic")
        firth("CBOW, dim 100, AVX2", f"{threads} --model cbow", "FIRTH_ARCH=avx2")
        firth("SGNS with n-grams, dim 100", f"{threads} --subwords 3-6")
        firth("SGNS with n-grams, dim 100, one thread", "--threads 1 --subwords 3-6")
        firth("SGNS with n-grams, dim 100, deterministic", f"{threads} --subwords 3-6 --deterministic")
        firth("CBOW with n-grams, dim 100", f"{threads} --model cbow --subwords 3-6")
    word2vec("word2vec.c, SGNS, dim 100", "-cbow 0 -size 100")
    word2vec("word2vec.c, SGNS, dim 300", "-cbow 0 -size 300")
    word2vec("word2vec.c, CBOW, dim 100", "-cbow 1 -size 100")
    fasttext("fastText, SGNS with n-grams, dim 100", "skipgram")
    fasttext("fastText, CBOW with n-grams, dim 100", "cbow")
    gensim("gensim, SGNS, dim 100", 1)
    gensim("gensim, CBOW, dim 100", 0)

print("\nmedian [smallest largest] of n runs, and times the peers'")
for name, values in rates.items():
    if any(peer in name for peer in ("word2vec.c,", "gensim,", "fastText,")):
        peers = ""
    else:
        kind = ", ".join(name.split(", ")[:2])
        peers = "".join(f"  {statistics.median(values) / statistics.median(rates[f'{peer}, {kind}']):.1f} x {peer}"
                        for peer in ("word2vec.c", "gensim", "fastText") if f"{peer}, {kind}" in rates)
    print(f"{statistics.median(values) / 1e6:7.2f}M [{min(values) / 1e6:.2f} {max(values) / 1e6:.2f}] "
          f"{len(values)}  {name}{peers}")
