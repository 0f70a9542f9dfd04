"""What firth writes loads in gensim and the reverse, with the same neighbours; skips where gensim is absent.

Usage: gensim.py PATH_OF_FIRTH
"""
import json
import os
import random
import subprocess
import sys
import tempfile

# This script has the name of the module that it imports: its own folder must not be searched.
sys.path = [p for p in sys.path if os.path.abspath(p) != os.path.dirname(os.path.abspath(__file__))]
try:
    from gensim.models import KeyedVectors
except ImportError:
    print("skipped: gensim is not installed (python3-gensim)")
    sys.exit(77)

firth = os.path.abspath(sys.argv[1])


def run(*arguments):
    return subprocess.run([firth, *arguments], capture_output=True, text=True, check=True).stdout


def compare(path, vectors, words):
    for word in words:
        found = json.loads(run("neighbors", "--vectors", path, "--json", word))["results"]
        expected = dict(vectors.most_similar(word, topn=20))
        best = sorted(expected.values(), reverse=True)
        assert len(found) == 10
        for place, result in enumerate(found):
            # The same word with the same score; words whose scores are equal to rounding may change places.
            assert abs(expected[result["word"]] - result["score"]) < 1e-5, (path, word, result)
            assert abs(best[place] - result["score"]) < 1e-5, (path, word, result)


with tempfile.TemporaryDirectory() as folder:
    random.seed(1)
    corpus = os.path.join(folder, "corpus")
    with open(corpus, "w") as text:
        for _ in range(4000):
            topic = random.randrange(20)
            text.write(" ".join(f"t{topic}w{random.randrange(12)}" for _ in range(10)) + "\n")
    for name, binary in (("word2vec-binary", True), ("word2vec-text", False)):
        path = os.path.join(folder, name)
        run("train", "--input", corpus, "--output", path, "--format", name, "--dim", "30", "--quiet")
        vectors = KeyedVectors.load_word2vec_format(path, binary=binary)
        assert len(vectors.index_to_key) == 240
        words = random.sample(vectors.index_to_key, 100)
        compare(path, vectors, words)
        back = os.path.join(folder, "gensim")
        vectors.save_word2vec_format(back, binary=binary)
        compare(back, vectors, words[:10])
print("all well")
