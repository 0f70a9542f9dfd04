"""How fast files are opened, beside reading their bytes and beside gensim, by turns in one run.

A table of random numbers is written as GloVe-like text (1 GB for 400000 x 300), word2vec's binary format and .firth. All
files are in the page cache. "Memory" is the largest anonymous memory of the process, over that of the padded table.

Usage: files.py --firth PATH [--rows 400000] [--dim 300] [--turns 5] [--gensim] [--folder FOLDER]
"""
import argparse
import json
import mmap
import os
import statistics
import subprocess
import sys
import tempfile
import time

# This folder must not be searched for modules.
sys.path = [p for p in sys.path if os.path.abspath(p) != os.path.dirname(os.path.abspath(__file__))]
import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--firth", required=True)
parser.add_argument("--rows", type=int, default=400_000)
parser.add_argument("--dim", type=int, default=300)
parser.add_argument("--turns", type=int, default=5)
parser.add_argument("--gensim", action="store_true")
parser.add_argument("--folder")
arguments = parser.parse_args()


def write_text(path):
    rng = np.random.default_rng(1)
    with open(path, "w") as file:
        for begin in range(0, arguments.rows, 1000):
            rows = rng.normal(0, 0.4, (min(1000, arguments.rows - begin), arguments.dim))
            for i, row in enumerate(rows):
                file.write(f"word{begin + i} " + " ".join(["%.5g" % value for value in row]) + "\n")


def read_into_fresh_memory(path):
    """Seconds to read a cached file into memory that nobody has touched."""
    size = os.path.getsize(path)
    with open(path, "rb", buffering=0) as file:
        start = time.perf_counter()
        memory = mmap.mmap(-1, size)
        view = memoryview(memory)
        at = 0
        while at < size:
            at += file.readinto(view[at:])
        seconds = time.perf_counter() - start
        view.release()
        memory.close()
    return seconds


def open_with_firth(path):
    """Seconds, as the tool says, and the most anonymous memory, in bytes, as seen from outside."""
    process = subprocess.Popen([arguments.firth, "info", "--json", path], stdout=subprocess.PIPE, text=True)
    most = 0
    while process.poll() is None:
        try:
            with open(f"/proc/{process.pid}/status") as status:
                for line in status:
                    if line.startswith("RssAnon"):
                        most = max(most, 1024 * int(line.split()[1]))
        except OSError:
            break
        time.sleep(0.001)
    return json.loads(process.stdout.read())["open_seconds"], most


def open_with_gensim(path, binary):
    code = f"""
import sys, time
sys.path.pop(0)
from gensim.models import KeyedVectors
start = time.perf_counter()
KeyedVectors.load_word2vec_format({path!r}, binary={binary}, no_header={not binary})
print(time.perf_counter() - start)
"""
    return float(subprocess.run(["/usr/bin/python3", "-c", code], capture_output=True, text=True, check=True).stdout)


def show(what, seconds, note=""):
    middle = statistics.median(seconds)
    print(f"| {what} | {middle:.4g} s [{min(seconds):.4g}, {max(seconds):.4g}] | {note} |", flush=True)


with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
    text, binary, native = (os.path.join(folder, name) for name in ("glove.txt", "v.bin", "v.firth"))
    write_text(text)
    for path in (binary, native):
        subprocess.run([arguments.firth, "convert", "--quiet", text, path], check=True, stdout=subprocess.DEVNULL)
    table = arguments.rows * ((arguments.dim + 15) // 16 * 16) * 4
    seconds = {path: [] for path in (text, binary, native)}
    memory = {path: [] for path in (text, binary, native)}
    reading = {path: [] for path in (text, binary)}
    for _ in range(arguments.turns):
        for path in (text, binary, native):
            if path != native:
                reading[path].append(read_into_fresh_memory(path))
            taken, most = open_with_firth(path)
            seconds[path].append(taken)
            memory[path].append(most)
    print("| | median [smallest, largest] | |\n|---|---|---|")
    for name, path in (("GloVe-like text", text), ("word2vec binary", binary)):
        size = os.path.getsize(path) / 1e9
        show(f"{name}, {size:.2f} GB: its bytes read into fresh memory", reading[path])
        ratio = statistics.median(reading[path]) / statistics.median(seconds[path])
        show(f"{name}: loaded", seconds[path],
             f"{ratio:.2f} of the speed of reading; memory {max(memory[path]) / table:.2f} of the table")
        if arguments.gensim:
            peer = open_with_gensim(path, path == binary)
            show(f"{name}: gensim", [peer], f"{peer / statistics.median(seconds[path]):.0f} times as long")
    show(".firth: opened", seconds[native], f"memory {max(memory[native]) / 1e6:.1f} MB")
