"""Files that firth writes are what NumPy and the rules of the formats say, and it reads what NumPy writes; skips where
NumPy is absent, and leaves gensim out where that is.

Usage: formats.py PATH_OF_FIRTH
"""
import bz2
import gzip
import json
import os
import pickle
import struct
import subprocess
import sys
import tempfile

# This folder has a file with the name of a module: it must not be searched.
sys.path = [p for p in sys.path if os.path.abspath(p) != os.path.dirname(os.path.abspath(__file__))]
try:
    import numpy as np
except ImportError:
    print("skipped: NumPy is not installed (python3-numpy)")
    sys.exit(77)
try:
    from gensim.models import KeyedVectors
except ImportError:
    KeyedVectors = None

firth = os.path.abspath(sys.argv[1])


def run(*arguments):
    return subprocess.run([firth, *arguments], capture_output=True, text=True, check=True).stdout


def convert(source, target, *options):
    run("convert", "--quiet", source, target, *options)
    return target


def read_text(path):
    lines = open(path, encoding="utf8").read().split("\n")
    rows, dim = map(int, lines[0].split())
    words, vectors = [], np.zeros((rows, dim), np.float32)
    for row, line in enumerate(lines[1 : rows + 1]):
        fields = line.rsplit(" ", dim)
        words.append(fields[0])
        vectors[row] = np.array(fields[1:], np.float32)
    return words, vectors


def read_safetensors(path):
    """By the rules of the format: contiguous, complete, sizes that fit."""
    data = open(path, "rb").read()
    (size,) = struct.unpack("<Q", data[:8])
    assert size <= 100_000_000 and size % 8 == 0 and data[8:9] == b"{"
    header = json.loads(data[8 : 8 + size])
    metadata = header.pop("__metadata__", {})
    assert all(isinstance(k, str) and isinstance(v, str) for k, v in metadata.items())
    types = {"F32": "<f4", "F16": "<f2", "BF16": "<u2", "I8": "i1", "U8": "u1", "U64": "<u8"}
    tensors, end = {}, 0
    for name, tensor in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        assert set(tensor) == {"dtype", "shape", "data_offsets"}
        begin, stop = tensor["data_offsets"]
        assert begin == end
        end = stop
        array = np.frombuffer(data[8 + size + begin : 8 + size + stop], types[tensor["dtype"]])
        tensors[name] = array.reshape(tensor["shape"])
    assert 8 + size + end == len(data)
    return tensors


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    rng = np.random.default_rng(1)
    rows, dim = 300, 37
    vectors = rng.standard_normal((rows, dim)).astype(np.float32)
    words = [f"wörd{i}" if i % 3 else f"two words{i}" for i in range(rows)]

    # What NumPy writes: every type, byte order and order of the elements.
    with open("v.words.txt", "w", encoding="utf8") as file:
        file.write("".join(word + "\n" for word in words))
    for name, array in {
        "f4": vectors,
        "f8": vectors.astype("<f8"),
        "big": vectors.astype(">f4"),
        "fortran": np.asfortranarray(vectors),
        "half": vectors.astype("<f2"),
        "bytes": rng.integers(-128, 128, (rows, dim)).astype("i1"),
    }.items():
        np.save("v.npy", array)
        # Words with spaces cannot be written as text: safetensors in between.
        read = read_safetensors(convert("v.npy", "back.safetensors"))
        assert (read["embeddings"] == array.astype(np.float32)).all(), name
        assert bytes(read["words"]).decode().split("\n")[:-1] == words, name
    np.save("v.npy", np.array([[1, "a"]], dtype=object))
    assert subprocess.run([firth, "info", "v.npy"], capture_output=True).returncode == 1

    # What firth writes.
    np.save("v.npy", vectors)
    source = convert("v.npy", "source.firth")
    assert (np.load(convert(source, "x.npy")) == vectors).all()
    assert open("x.words.txt", encoding="utf8").read().split("\n")[:-1] == words
    half = np.load(convert(source, "x.npy", "--dtype", "f16"))
    assert half.dtype == np.float16 and (half == vectors.astype(np.float16)).all()
    tensors = read_safetensors(convert(source, "x.safetensors", "--dtype", "bf16"))
    brains = tensors["embeddings"].astype(np.uint32) << 16
    assert np.abs(brains.view(np.float32) - vectors).max() <= np.abs(vectors).max() * 2**-8
    tensors = read_safetensors(convert(source, "x.safetensors", "--dtype", "i8"))
    codes = tensors["embeddings"].astype(np.float32) * tensors["scales"][:, None]
    assert np.abs(codes - vectors).max() <= tensors["scales"].max() / 2 * 1.001
    raw = np.fromfile(convert(source, "x.fvecs"), np.int32).reshape(rows, dim + 1)
    assert (raw[:, 0] == dim).all() and (raw[:, 1:].copy().view(np.float32) == vectors).all()
    assert (np.loadtxt(convert(source, "vectors.tsv"), delimiter="\t", dtype=np.float32) == vectors).all()
    assert open("metadata.tsv", encoding="utf8").read().split("\n")[:-1] == words

    # Words without spaces: text and word2vec's formats, also packed.
    with open("v.words.txt", "w", encoding="utf8") as file:
        file.write("".join(f"wörd{i}\t{rows - i}\n" for i in range(rows)))
    single = [f"wörd{i}" for i in range(rows)]
    convert("v.npy", source)
    read_words, read = read_text(convert(source, "x.vec"))
    assert read_words == single and (read == vectors).all()
    with gzip.open("x.vec.gz", "wb") as packed:
        packed.write(open("x.vec", "rb").read())
    assert (np.load(convert("x.vec.gz", "x.npy")) == vectors).all()
    tensors = read_safetensors(convert(source, "x.safetensors", "--top", "10"))
    assert tensors["embeddings"].shape == (10, dim) and list(tensors["counts"]) == list(range(rows, rows - 10, -1))
    if KeyedVectors is not None:
        for path, options in {
            "x.vec": {},
            "x.bin": {"binary": True},
            "x.glove": {"no_header": True},
        }.items():
            form = ["--format", "glove-text"] if path == "x.glove" else []
            loaded = KeyedVectors.load_word2vec_format(convert(source, path, *form), **options)
            assert loaded.index_to_key == single and (loaded.vectors == vectors).all(), path

    # From pipes and standard input, under all names.
    def stdin(name, data, *command):
        return subprocess.run([firth, command[0], name, *command[1:]], input=data, capture_output=True, timeout=60)

    small = ["king", "queen", "two words"]
    np.save("p.npy", vectors[:3])
    with open("p.words.txt", "w", encoding="utf8") as file:
        file.write("".join(word + "\n" for word in small))
    os.mkfifo("pipe")
    for ending in ["firth", "npy", "safetensors", "tsv", "fvecs", "txt"]:
        path = convert("p.npy", f"p2.{ending}", *(["--format", "glove-text"] if ending == "txt" else []))
        data = open(path, "rb").read()
        for name in ["-", "/dev/stdin"]:
            shown = json.loads(stdin(name, data, "info", "--json").stdout)
            assert shown["rows"] == 3 and shown["dim"] == dim, (path, name, shown)
            assert stdin(name, data, "verify").returncode == 0, (path, name)
            assert stdin(name, data, "convert", "x.npy", "--quiet").returncode == 0
            assert (np.load("x.npy") == vectors[:3]).all(), (path, name)
        process = subprocess.Popen([firth, "convert", "--quiet", "pipe", "x.npy"], stdout=subprocess.DEVNULL)
        with open("pipe", "wb") as pipe:
            pipe.write(data)
        assert process.wait(60) == 0 and (np.load("x.npy") == vectors[:3]).all(), path
    asked = subprocess.run([firth, "neighbors", "--vectors", "-", "king"], input=open("p2.txt", "rb").read(),
                           capture_output=True, timeout=60)
    assert asked.returncode == 0 and b"queen" in asked.stdout, asked
    shell = subprocess.run(["bash", "-c", f"'{firth}' info <(cat p2.txt)"], capture_output=True, timeout=60)
    assert shell.returncode == 0 and b"3 rows" in shell.stdout, shell

    # What is no file of vectors gets its reason.
    def refused(path, reason):
        for command in ["info", "verify"]:
            ended = subprocess.run([firth, command, path], capture_output=True, text=True)
            assert ended.returncode == 1 and reason in ended.stderr, (path, ended)

    np.savez("z.npz", vectors=vectors)
    refused("z.npz", "an .npz archive of NumPy")
    text = open(convert("source.firth", "x.vec"), encoding="utf8").read()
    for name, data, reason in [
        ("utf16", text.encode("utf-16"), "UTF-16"),
        ("utf16-le", text.encode("utf-16-le"), "UTF-16"),
        ("x.bz2", bz2.compress(text.encode()), "bzip2"),
        ("commas", text.replace(".", ",").encode(), "decimal commas"),
        ("x.csv", text.split("\n", 1)[1].replace(" ", ",").encode(), "commas or semicolons"),
        ("x.pickle", pickle.dumps({"a": [1, 2]}), "a pickle of Python"),
    ]:
        open(name, "wb").write(data)
        refused(name, reason)
    open("mark.vec", "wb").write(b"\xef\xbb\xbf" + text.encode())
    assert (read_text(convert("mark.vec", "x.vec"))[1] == vectors).all()
    if KeyedVectors is not None:
        model = KeyedVectors(dim)
        model.add_vectors(single, vectors)
        model.save("model.kv")
        refused("model.kv", "gensim's save()")

    # Words that a format cannot hold.
    ended = subprocess.run([firth, "convert", "p.npy", "x.vec"], capture_output=True, text=True)
    assert ended.returncode != 0 and '"two words"' in ended.stderr and "skip or replace" in ended.stderr, ended
    for policy, expected in [("skip", small[:2]), ("replace", ["king", "queen", "two_words"])]:
        ended = subprocess.run([firth, "convert", "p.npy", "x.vec", "--unwritable", policy], capture_output=True,
                               text=True)
        assert ended.returncode == 0 and '"two words"' in ended.stderr, ended
        assert read_text("x.vec")[0] == expected
    ended = subprocess.run([firth, "convert", "p.npy", "x.model"], capture_output=True, text=True)
    assert ended.returncode == 2 and "--format" in ended.stderr, ended
    ended = subprocess.run([firth, "convert", "p.npy", "y.npy", "--dtype", "i8"], capture_output=True, text=True)
    assert ended.returncode == 0 and "not their length" in ended.stderr, ended
print("all well")
