"""A sentence encoder beside its peers, by turns in one run, one thread each, the same ids.

Usage: encoder_peers.py --firth-benchmark PATH_OF_benchmark_encoders --model FOLDER --texts FILE [--turns 3] [--most N]

FOLDER is one of sentence-transformers, of BERT's kind, with the mean of its tokens. FILE holds a text a line, or is STS-B's
(tabs, the sentences in columns 6 and 7). Peers: onnxruntime (the model is exported by torch and transformers, its operators
fused by onnxruntime's optimizer, float32 and int8 by its dynamic quantisation), CTranslate2 (float32 and int8). Peers that
are not installed are left out. Texts are sorted by length and go in batches of 32; the figures are texts a second, and
milliseconds for a single text of 16 and of 128 tokens.
"""
import argparse
import os
import statistics
import subprocess
import tempfile
import time

os.environ["OMP_NUM_THREADS"] = "1"

parser = argparse.ArgumentParser()
parser.add_argument("--firth-benchmark", required=True)
parser.add_argument("--model", required=True)
parser.add_argument("--texts", required=True)
parser.add_argument("--turns", type=int, default=3)
parser.add_argument("--most", type=int, default=10**9)
arguments = parser.parse_args()

import numpy
import torch
import transformers

torch.set_num_threads(1)
tokenizer = transformers.AutoTokenizer.from_pretrained(arguments.model)
model = transformers.AutoModel.from_pretrained(arguments.model).eval()

texts = []
with open(arguments.texts, encoding="utf-8") as file:
    for line in file:
        columns = line.rstrip("\n").split("\t")
        texts += columns[5:7] if len(columns) > 6 else [columns[0]]
texts = texts[:arguments.most]
ids = sorted((tokenizer(text, truncation=True, max_length=256)["input_ids"] for text in texts), key=len)
batches = [ids[i:i + 32] for i in range(0, len(ids), 32)]
folder = tempfile.mkdtemp()
singles = {length: [[ids[0][1]] * length] for length in (16, 128)}


def padded(batch):
    width = max(map(len, batch))
    rows = numpy.zeros((len(batch), width), dtype=numpy.int64)
    mask = numpy.zeros((len(batch), width), dtype=numpy.int64)
    for row, each in enumerate(batch):
        rows[row, :len(each)] = each
        mask[row, :len(each)] = 1
    return rows, mask


def means(hidden, mask):
    mask = mask[:, :, None].astype(numpy.float32)
    return (hidden * mask).sum(1) / mask.sum(1)


def onnx_peers():
    import onnx
    import onnxruntime
    from onnxruntime.quantization import quantize_dynamic
    from onnxruntime.transformers import optimizer
    rows, mask = (torch.from_numpy(each) for each in padded(batches[0]))
    plain = os.path.join(folder, "plain.onnx")
    axes = {name: {0: "texts", 1: "tokens"} for name in ("input_ids", "attention_mask", "token_type_ids", "hidden")}
    torch.onnx.export(model, (rows, mask, torch.zeros_like(rows)), plain, input_names=["input_ids", "attention_mask", "token_type_ids"],
                      output_names=["hidden", "pooled"], dynamic_axes=axes, opset_version=14)
    fused = os.path.join(folder, "fused.onnx")
    made = optimizer.optimize_model(plain, model_type="bert", num_heads=model.config.num_attention_heads,
                                    hidden_size=model.config.hidden_size)
    made.save_model_to_file(fused)
    small = os.path.join(folder, "int8.onnx")
    quantize_dynamic(fused, small, extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT})
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    for name, path in (("onnxruntime", fused), ("onnxruntime int8", small)):
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

        def encode(batch, session=session):
            rows, mask = padded(batch)
            hidden = session.run(["hidden"], {"input_ids": rows, "attention_mask": mask,
                                              "token_type_ids": numpy.zeros_like(rows)})[0]
            return means(hidden, mask)
        yield name, encode


def ctranslate2_peers():
    import ctranslate2
    made = os.path.join(folder, "ct2")
    ctranslate2.converters.TransformersConverter(arguments.model).convert(made)
    for name, kind in (("CTranslate2", "float32"), ("CTranslate2 int8", "int8")):
        encoder = ctranslate2.Encoder(made, device="cpu", compute_type=kind, intra_threads=1, inter_threads=1)

        def encode(batch, encoder=encoder):
            hidden = numpy.array(encoder.forward_batch(batch).last_hidden_state)
            return means(hidden, padded(batch)[1])
        yield name, encode


peers = []
for make in (onnx_peers, ctranslate2_peers):
    try:
        peers += make()
    except ImportError as error:
        print(f"{error}: left out")

path = os.path.join(folder, "ids.txt")
with open(path, "w") as file:
    file.writelines(" ".join(map(str, each)) + "\n" for each in ids)

rates, alone, first = {}, {}, {}
for turn in range(arguments.turns):
    run = subprocess.run([arguments.firth_benchmark, arguments.model, path], check=True, stdout=subprocess.PIPE, text=True)
    for line in run.stdout.splitlines():
        kind, *values = line.split()
        if kind == "batches":
            rates.setdefault("firth", []).append(int(values[0]) / float(values[1]))
        elif kind == "single":
            alone.setdefault(("firth", int(values[0])), []).append(float(values[1]) * 1000)
        elif kind == "mean":
            first["firth"] = numpy.array(values, dtype=numpy.float32)
        else:
            print(f"firth opens the folder in {float(values[0]) * 1000:.0f} ms")
    for name, encode in peers:
        begin = time.perf_counter()
        for batch in batches:
            encode(batch)
        rates.setdefault(name, []).append(len(ids) / (time.perf_counter() - begin))
        for length, batch in singles.items():
            taken = []
            for _ in range(50):
                begin = time.perf_counter()
                encode(batch)
                taken.append(time.perf_counter() - begin)
            alone.setdefault((name, length), []).append(statistics.median(taken) * 1000)
        first[name] = encode(ids[:1])[0]

for name, values in rates.items():
    median = statistics.median(values)
    print(f"{name}: {median:.0f} texts/s [{min(values):.0f}, {max(values):.0f}], firth {statistics.median(rates['firth']) / median:.2f} x; "
          + ", ".join(f"{length} tokens {statistics.median(alone[name, length]):.2f} ms" for length in singles)
          + f"; greatest difference in a mean {numpy.abs(first[name] - first['firth']).max():.1e}")
