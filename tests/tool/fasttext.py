"""Models that firth writes, in fastText, and the reverse: the same vectors, labels and probabilities; skips where fastText is absent.

Usage: fasttext.py PATH_OF_FIRTH
"""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

fasttext = shutil.which("fasttext")
if fasttext is None:
    print("skipped: fasttext is not installed (Debian: fasttext)")
    sys.exit(77)
firth = os.path.abspath(sys.argv[1])


def run(program, *arguments, given=None):
    return subprocess.run([program, *arguments], input=given, capture_output=True, text=True, check=True).stdout


def vectors_of(text):
    """Lines of a word and its numbers."""
    rows = {}
    for line in text.splitlines():
        word, *numbers = line.split()
        rows[word] = [float(number) for number in numbers]
    return rows


def close(a, b, tolerance):
    return len(a) == len(b) and all(abs(x - y) <= tolerance * max(1, abs(x)) for x, y in zip(a, b))


def compare_vectors(path, words):
    theirs = vectors_of(run(fasttext, "print-word-vectors", path, given="\n".join(words) + "\n"))
    ours = vectors_of(run(firth, "vectors", "--vectors", path, *words))
    for word in words:
        assert close(theirs[word], ours[word], 1e-4), (path, word, theirs[word], ours[word])


def compare_neighbours(path, word):
    theirs = [line.split()[-2:] for line in run(fasttext, "nn", path, "10", given=word + "\n").splitlines()[:10]]
    ours = json.loads(run(firth, "neighbors", "--vectors", path, "--json", word))["results"]
    scores = {result["word"]: result["score"] for result in ours}
    for name, score in theirs[:5]:
        assert abs(scores[name] - float(score)) < 1e-4, (path, word, name, score, scores)


def predictions(program, path, texts, k):
    """For each text its labels and their probabilities."""
    if program == firth:
        answers = run(firth, "classify", "predict", "--model", path, "--k", str(k), "--jsonl", given="\n".join(texts) + "\n")
        return [{p["label"]: p["probability"] for p in json.loads(line)["labels"]} for line in answers.splitlines()]
    answers = run(fasttext, "predict-prob", path, "-", str(k), given="\n".join(texts) + "\n")
    result = []
    for line in answers.splitlines():
        fields = line.split()
        result.append({label.removeprefix("__label__"): float(p) for label, p in zip(fields[::2], fields[1::2])})
    return result


def compare_predictions(path, texts, loss, k=3):
    # Sigmoids come from a table of steps in fastText, and a hundred-thousandth is added to every probability.
    tolerance = 0.01 if loss in ("ns", "ova") else 1e-4
    theirs = predictions(fasttext, path, texts, k)
    ours = predictions(firth, path, texts, k)
    assert len(theirs) == len(ours) == len(texts)
    for text, one, other in zip(texts, theirs, ours):
        for a, b in ((one, other), (other, one)):
            # What is not among the best is no likelier than the last of them; fastText leaves out what is hardly likely.
            rest = min(b.values(), default=0) if len(b) == k else 0
            for label, probability in a.items():
                off = abs(probability - b[label]) if label in b else max(0, probability - rest)
                assert off <= tolerance, (path, text, label, one, other)


def compare_tests(path, test, loss):
    theirs = run(fasttext, "test", path, test).split()
    ours = json.loads(run(firth, "classify", "test", "--model", path, "--input", test, "--json"))
    precision = float(theirs[theirs.index("P@1") + 1])
    examples = int(theirs[theirs.index("N") + 1])
    assert ours["examples"] == examples, (path, theirs, ours["examples"])
    assert abs(ours["precision"] - precision) <= (0.011 if loss in ("ns", "ova") else 0.0011), (path, theirs, ours["precision"])


random.seed(3)
with tempfile.TemporaryDirectory() as folder:
    def file(name):
        return os.path.join(folder, name)

    # Words with n-grams.
    with open(file("corpus"), "w") as text:
        for _ in range(3000):
            topic = random.randrange(20)
            text.write(" ".join(f"topic{topic}word{random.randrange(12)}" for _ in range(10)) + "\n")
    words = ["topic1word1", "topic7word11", "topic3unseen", "\u00e9t\u00e9", "x"]
    for model, loss in (("sgns", "ns"), ("cbow", "ns"), ("sgns", "hs")):
        path = file(f"{model}-{loss}.bin")
        run(firth, "train", "--input", file("corpus"), "--output", path, "--model", model, "--loss", loss, "--subwords", "2-4",
            "--buckets", "2000", "--dim", "20", "--epochs", "2", "--quiet")
        compare_vectors(path, words)
        compare_neighbours(path, "topic3unseen")
    run(fasttext, "skipgram", "-input", file("corpus"), "-output", file("theirs"), "-dim", "20", "-epoch", "1", "-bucket", "2000",
        "-minn", "2", "-maxn", "4", "-thread", "1")
    compare_vectors(file("theirs.bin"), words)

    # Labels.
    def line(topic):
        text = " ".join(random.choice([f"t{topic}w{random.randrange(30)}", f"common{random.randrange(40)}"]) for _ in range(8))
        return text, f"__label__topic{topic} {text}"

    lines = [line(random.randrange(7)) for _ in range(2000)]
    for name, part in (("train", lines[:1500]), ("test", lines[1500:])):
        with open(file(name), "w") as text:
            text.write("".join(labelled + "\n" for _, labelled in part))
    texts = [text for text, _ in lines[1500:1600]] + ["nothing known", "t1w1", ""]
    for loss in ("softmax", "hs", "ns", "ova"):
        for name, grams, theirs in (("words", ["--word-ngrams", "2"], ["-wordNgrams", "2"]),
                                    ("characters", ["--subwords", "2-3"], ["-minn", "2", "-maxn", "3"])):
            path = file(f"{loss}-{name}.bin")
            run(firth, "classify", "train", "--input", file("train"), "--output", path, "--loss", loss, "--dim", "12", "--epochs", "10",
                "--lr", "0.3", "--buckets", "3000", "--quiet", *grams)
            compare_predictions(path, texts, loss)
            compare_tests(path, file("test"), loss)
            run(firth, "classify", "quantize", "--model", path, "--output", file("ours.ftz"), "--norms", "--cutoff", "600")
            compare_predictions(file("ours.ftz"), texts, loss)
            # In firth's own files the same as in fastText's.
            for own in (path, file("own.firth")):
                run(firth, "classify", "train", "--input", file("train"), "--output", own, "--loss", loss, "--dim", "12", "--epochs", "10",
                    "--lr", "0.3", "--buckets", "3000", "--quiet", "--threads", "1", *grams)
            for small in ("ours.ftz", "small.firth"):
                run(firth, "classify", "quantize", "--model", file("own.firth"), "--output", file(small), "--norms", "--cutoff", "600")
            for other, own in ((path, file("own.firth")), (file("ours.ftz"), file("small.firth"))):
                for a, b in zip(predictions(firth, other, texts, 3), predictions(firth, own, texts, 3)):
                    assert close(sorted(a.values()), sorted(b.values()), 1e-4), (own, a, b)
            run(fasttext, "supervised", "-input", file("train"), "-output", file("theirs"), "-loss", loss, "-dim", "12", "-epoch", "10",
                "-lr", "0.3", "-bucket", "3000", "-thread", "1", *theirs)
            compare_predictions(file("theirs.bin"), texts, loss)
            compare_tests(file("theirs.bin"), file("test"), loss)
            run(fasttext, "quantize", "-input", file("train"), "-output", file("theirs"), "-qnorm", "-cutoff", "600")
            compare_predictions(file("theirs.ftz"), texts, loss)

    # Labels with a prefix of their own, which the file does not say.
    with open(file("train")) as text, open(file("marked"), "w") as marked:
        marked.write(text.read().replace("__label__", "#is_"))
    run(fasttext, "supervised", "-input", file("marked"), "-output", file("marked-model"), "-label", "#is_", "-dim", "12", "-thread", "1")
    path = file("marked-model.bin")
    for told, kept in ((["--label-prefix", "#is_"], ""), ([], "#is_")):
        run(firth, "classify", "quantize", "--model", path, "--output", file("marked.firth"), *told)
        answers = run(firth, "classify", "predict", "--model", path, "--jsonl", *told, given="\n".join(texts) + "\n").splitlines()
        again = run(firth, "classify", "predict", "--model", file("marked.firth"), "--jsonl", given="\n".join(texts) + "\n").splitlines()
        theirs = run(fasttext, "predict", path, "-", given="\n".join(texts) + "\n").split()
        for answer in (answers, again):
            labels = [label["label"] for one in answer for label in json.loads(one)["labels"]]
            assert all(label.startswith(kept + "topic") for label in labels), labels[:3]
        labels = [label["label"] for one in answers for label in json.loads(one)["labels"]]
        assert [label.removeprefix("#is_") for label in labels] == [label.removeprefix("#is_") for label in theirs]
    theirs = run(fasttext, "test", path, file("marked")).split()
    for model in (path, file("marked.firth")):
        run(firth, "classify", "quantize", "--model", path, "--output", file("marked.firth"), "--label-prefix", "#is_")
        ours = json.loads(run(firth, "classify", "test", "--model", model, "--input", file("marked"), "--json", "--label-prefix", "#is_"))
        assert ours["examples"] == int(theirs[theirs.index("N") + 1])
        assert model != path or abs(ours["precision"] - float(theirs[theirs.index("P@1") + 1])) <= 0.0011
print("all well")
