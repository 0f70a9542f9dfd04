"""Training of Unigram models beside sentencepiece, by turns in one run, on the same text with as many threads.

Usage: unigram_training.py --firth-benchmark PATH_OF_benchmark_unigram_training [--size 8000] [--threads 2] [--turns 3]
                           TEXT HELD_OUT

Seconds from the text's file to the model's, and what the models make of the lines held out, in sentencepiece: tokens a character, and nats a
character of the most likely pieces (the fewer of both, the better).
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile

parser = argparse.ArgumentParser()
parser.add_argument("--firth-benchmark", required=True)
parser.add_argument("--size", default="8000")
parser.add_argument("--threads", default="2")
parser.add_argument("--turns", type=int, default=3)
parser.add_argument("text")
parser.add_argument("held_out")
arguments = parser.parse_args()

# A process of its own, as firth's; the time does not count the start of Python.
PEER = """
import sys, time, sentencepiece
begin = time.perf_counter()
sentencepiece.SentencePieceTrainer.train(input=sys.argv[1], model_prefix=sys.argv[2], vocab_size=int(sys.argv[3]), num_threads=int(sys.argv[4]),
                                         max_sentence_length=1 << 30, minloglevel=2)
print(time.perf_counter() - begin)
"""


def seconds(*command):
    return float(subprocess.run([*command, arguments.size, arguments.threads], check=True, capture_output=True).stdout)


def quality(path):
    model = sentencepiece.SentencePieceProcessor(model_file=path)
    scores = [model.get_score(i) for i in range(model.get_piece_size())]
    ids = [each for line in model.encode(lines) for each in line if each != model.unk_id()]
    characters = sum(len(line) + 1 for line in lines)
    return len(ids) / characters, -sum(scores[each] for each in ids) / characters


try:
    import sentencepiece
except ImportError:
    sys.exit("sentencepiece is not installed (PyPI: sentencepiece==0.2.3)")
with open(arguments.held_out, encoding="utf-8", newline="\n") as file:
    lines = [line.rstrip("\n") for line in file]
folder = tempfile.mkdtemp()
ours, theirs = (os.path.join(folder, name) for name in ("ours.model", "theirs"))
times = {"firth": [], "sentencepiece": []}
for _ in range(arguments.turns):
    times["firth"].append(seconds(arguments.firth_benchmark, arguments.text, ours))
    times["sentencepiece"].append(seconds(sys.executable, "-c", PEER, arguments.text, theirs))
for (name, took), path in zip(times.items(), (ours, theirs + ".model")):
    tokens, nats = quality(path)
    print(f"{name}: {statistics.median(took):.2f} s [{min(took):.2f}, {max(took):.2f}], {tokens:.4f} tokens and {nats:.4f} nats a character")
print(f"{statistics.median(times['sentencepiece']) / statistics.median(times['firth']):.1f} x")
