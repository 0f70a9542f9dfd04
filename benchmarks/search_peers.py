"""Exact search beside Faiss and gensim, by turns in one run, on the same table and the same number of threads.

Usage: search_peers.py --firth-benchmark PATH_OF_benchmark_search [--rows 70447] [--dim 100] [--turns 5] [--threads 1]

An OpenBLAS that does not know the processor falls back to slow code and slows Faiss down with it: OPENBLAS_VERBOSE=2 says which code it
takes, OPENBLAS_CORETYPE=SkylakeX, say, makes it take another.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("--firth-benchmark", required=True)
parser.add_argument("--rows", type=int, default=70447)
parser.add_argument("--dim", type=int, default=100)
parser.add_argument("--turns", type=int, default=5)
parser.add_argument("--threads", type=int, default=1)
arguments = parser.parse_args()
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(arguments.threads)

# This folder must not be searched for modules.
sys.path = [p for p in sys.path if os.path.abspath(p) != os.path.dirname(os.path.abspath(__file__))]
import numpy as np

try:
    import faiss
except ImportError:
    faiss = None
try:
    from gensim.models import KeyedVectors
except ImportError:
    KeyedVectors = None

rng = np.random.default_rng(1)
table = (rng.random((arguments.rows, arguments.dim), np.float32) - 0.5).astype(np.float32)
table /= np.linalg.norm(table, axis=1, keepdims=True)
queries = table[rng.integers(0, arguments.rows, 1000)]
results = {}


def note(name, rate):
    results.setdefault(name, []).append(rate)


def time_of(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def blas_threshold(value):
    """Sets from how many queries on Faiss goes through BLAS; returns what it is for None."""
    if value is None:
        return faiss.cvar.distance_compute_blas_threshold
    faiss.cvar.distance_compute_blas_threshold = value


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "v.fvecs")
    rows = np.empty((arguments.rows, arguments.dim + 1), np.float32)
    rows[:, 1:] = table
    rows[:, 0] = np.full(arguments.rows, arguments.dim, np.int32).view(np.float32)
    rows.tofile(path)
    if faiss is not None:
        faiss.omp_set_num_threads(arguments.threads)
        flat = faiss.IndexFlatIP(arguments.dim)
        flat.add(table)
    if KeyedVectors is not None:
        keyed = KeyedVectors(arguments.dim)
        keyed.add_vectors([str(i) for i in range(arguments.rows)], table)
        keyed.fill_norms()
    for _ in range(arguments.turns):
        environment = dict(os.environ, FIRTH_BENCHMARK_VECTORS=path)
        text = subprocess.run([arguments.firth_benchmark], env=environment, capture_output=True, text=True, check=True).stdout
        section = text.split("inner product")[1].split("squared")[0]
        suffix = "" if arguments.threads == 1 else f", {arguments.threads} threads"
        for name, label in (("singly", "firth singly"), ("screened, singly", "firth singly, screened"), ("in a batch", "firth batch of 1000"), ("screened", "firth batch of 1000, screened")):
            found = re.search(rf"^{name}{suffix}\s+(\d+) queries/s", section, re.M)
            if found:
                note(label, float(found.group(1)))
        if faiss is not None:
            note(f"Faiss {faiss.__version__} singly", 50 / time_of(lambda: [flat.search(queries[i : i + 1], 10) for i in range(50)]))
            # With its own settings and with those by which batches go through BLAS; the better counts.
            own = blas_threshold(None)
            batches = []
            for setting in (own, 20):
                blas_threshold(setting)
                batches.append(1000 / time_of(lambda: flat.search(queries, 10)))
            blas_threshold(own)
            note(f"Faiss {faiss.__version__} batch of 1000", max(batches))
        if KeyedVectors is not None:
            note("gensim singly", 50 / time_of(lambda: [keyed.similar_by_vector(queries[i], topn=10) for i in range(50)]))

print(f"{arguments.rows} x {arguments.dim}, k = 10, {arguments.threads} thread(s), queries a second, medians of {arguments.turns}")
for name, rates in results.items():
    print(f"| {name} | {statistics.median(rates):.0f} [{min(rates):.0f}, {max(rates):.0f}] |")
