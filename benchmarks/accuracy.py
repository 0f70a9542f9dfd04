#!/usr/bin/env python3
"""Accuracy of trained vectors over several seeds.

    accuracy.py --firth build/tests/firth --corpus corpus.txt --questions questions-words.txt \\
                --similarity ws353.tsv simlex999.tsv rg65.tsv --seeds 5 -- FLAGS OF firth train

Prints analogy accuracy (all questions whose words are known) and Spearman's rho a seed, their means and
standard deviations.
"""
import argparse
import json
import statistics
import subprocess
import tempfile

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--firth", required=True)
parser.add_argument("--corpus", required=True)
parser.add_argument("--questions", required=True)
parser.add_argument("--similarity", nargs="*", default=[])
parser.add_argument("--seeds", type=int, default=5)
parser.add_argument("flags", nargs="*")
arguments = parser.parse_args()
vectors = tempfile.mkdtemp() + "/vectors"
rows = []
for seed in range(1, arguments.seeds + 1):
    trained = subprocess.run([arguments.firth, "train", "--input", arguments.corpus, "--output", vectors, "--quiet",
                              "--json", "--seed", str(seed), *arguments.flags], check=True, capture_output=True)
    command = [arguments.firth, "eval", "--vectors", vectors, "--analogies", arguments.questions, "--json"]
    for pairs in arguments.similarity:
        command += ["--similarity", pairs]
    result = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    row = [100 * result["analogies"]["total"]["accuracy"]] + [pairs["rho"] for pairs in result["similarity"]]
    row.append(json.loads(trained.stdout)["total_seconds"])
    rows.append(row)
    print(f"seed {seed}: {row[0]:5.2f} %  " + "  ".join(f"{x:.3f}" for x in row[1:-1]) + f"  {row[-1]:.1f} s", flush=True)
means = [statistics.mean(column) for column in zip(*rows)]
spread = [statistics.stdev(column) if len(rows) > 1 else 0 for column in zip(*rows)]
print(f"mean:   {means[0]:5.2f} %  " + "  ".join(f"{x:.3f}" for x in means[1:-1]) + f"  {means[-1]:.1f} s")
print(f"spread: {spread[0]:5.2f}    " + "  ".join(f"{x:.3f}" for x in spread[1:-1]))
