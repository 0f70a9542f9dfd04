"""Sentence encoders of firth beside sentence-transformers and transformers: the same vectors of texts and tokens; skips without.

Usage: compare_encoders.py PATH_OF_SENTENCE_LINES [--model FOLDER] [--write-golden FOLDER]

Small random BERT, RoBERTa and DistilBERT are made here; --model, or the environment variable FIRTH_MINILM_DIR, names the folder
of a real one, all-MiniLM-L6-v2 say. --write-golden writes two random models and what the peers make of them, which the tests of
encode compare without the peers. The peers are Debian's python3-torch 1.13 with, from PyPI, transformers==4.40.2,
sentence-transformers==2.7.0 and numpy==1.26.4.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
try:
    import numpy
    import torch
    import transformers
    from safetensors.torch import save_file
    from sentence_transformers import SentenceTransformer, models
    from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors, trainers
    from tokenizers.models import BPE, WordPiece
except ImportError as error:
    print(f"skipped: {error} (Debian: python3-torch; PyPI: transformers==4.40.2 sentence-transformers==2.7.0 numpy==1.26.4)")
    sys.exit(77)

parser = argparse.ArgumentParser()
parser.add_argument("program")
parser.add_argument("--model", default=os.environ.get("FIRTH_MINILM_DIR"))
parser.add_argument("--write-golden", metavar="FOLDER")
arguments = parser.parse_args()
program = os.path.abspath(arguments.program)
limit = 1e-5
differences = []
torch.manual_seed(1)

words = """a the of and to in is was for on that by this with i you it not or be are from at as your all have new more an will home can us
about if page my has search free but our one other do no information time they site he up may what which their news out use any there see
bank river money water flowed past deposited teller fishing steep cold loan king queen man woman tea coffee cup kitchen garden 17 3.14 1999
naïve café Ångström über señor Œuvre straße İstanbul 東京 日本語 한국어 привет мир مرحبا สวัสดี नमस्ते 🙂 👩‍👩‍👧 🇫🇷 e\u0301 ﬁ ½ don't it's U.S.A. Hello HELLO
unbelievable internationalization antidisestablishmentarianism xqzvw""".split()


def make_texts():
    draw = random.Random(3)
    texts = ["", " ", "\n\t", ".", "a", "  leading and trailing  ", "\u00a0wide\u3000", "naïve café", "🙂🙂🙂", "👩‍👩‍👧", "a\u0000b", "\u200bzero\u200d", "[MASK] [SEP]",
             "<s> </s> <mask>", "x" * 300, "é" * 150, "1234567890 " * 8, "A" + "\u0301" * 40, "I sat on the bank of the river.", "I put money in the bank."]
    texts.append(" ".join(draw.choice(words) for _ in range(10000)))  # is cut
    while len(texts) < 300:
        size = draw.choice((1, 3, 8, 20, 60, 150))
        texts.append(" ".join(draw.choice(words) for _ in range(draw.randint(1, size))) + draw.choice(("", ".", "?", " !")))
    return texts


def firth(folder, what, texts, *more):
    given = "".join(json.dumps(text) + "\n" for text in texts).encode()
    run = subprocess.run([program, folder, what, *more], input=given, capture_output=True)
    if run.returncode != 0:
        raise RuntimeError(run.stderr.decode().strip())
    return run.stdout


def report(name, greatest, text):
    print(f"{name}: greatest difference {greatest:.2g}" + ("" if greatest < limit else f", of {text[:80]!r}"), flush=True)
    if not greatest < limit:
        differences.append(name)


def compare_vectors(name, folder, peer, texts, prompt=None):
    theirs = peer.encode(texts, batch_size=8, prompt_name=prompt)
    ours = numpy.frombuffer(firth(folder, "vectors", texts, *([prompt] if prompt else [])), numpy.float32).reshape(len(texts), -1)
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    by_text = numpy.abs(ours - theirs).max(1)
    report(f"{name}, {len(texts)} vectors" + (f" with the prompt {prompt}" if prompt else ""), by_text.max(), texts[by_text.argmax()])


def tokens_of(peer, text):
    """Ids, and the vectors of all layers, of transformers."""
    part = peer[0]
    encoded = part.tokenizer(text.strip(), truncation=True, max_length=part.max_seq_length, return_tensors="pt")
    with torch.no_grad():
        hidden = part.auto_model(**encoded, output_hidden_states=True).hidden_states
    return encoded["input_ids"][0].numpy(), torch.cat(hidden).numpy()


def compare_tokens(name, folder, peer, texts):
    made = firth(folder, "tokens", texts)
    at, worst, where = 0, 0.0, ""
    for text in texts:
        ids, layers = tokens_of(peer, text)
        count = int(numpy.frombuffer(made, numpy.uint32, 1, at)[0])
        found = numpy.frombuffer(made, numpy.uint32, count, at + 4)
        assert list(found) == list(ids), (name, text, list(found), list(ids))
        ours = numpy.frombuffer(made, numpy.float32, layers.size, at + 4 + 4 * count).reshape(layers.shape)
        at += 4 + 4 * count + 4 * layers.size
        # Elements of tokens are of any size, and float32 rounds by it.
        greatest = (numpy.abs(ours - layers) / numpy.maximum(1, numpy.abs(layers))).max()
        if not greatest <= worst:
            worst, where = greatest, text
    assert at == len(made)
    report(f"{name}, {len(texts)} texts' tokens after each layer", worst, where)


def byte_level(texts, size, alphabet):
    made = Tokenizer(BPE(unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=size, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
                                                        initial_alphabet=alphabet, show_progress=False))
    made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, bos_token="<s>", cls_token="<s>", eos_token="</s>", sep_token="</s>", pad_token="<pad>",
                                                unk_token="<unk>", mask_token="<mask>", model_max_length=18)


def word_pieces(texts, size):
    made = Tokenizer(WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=size, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False))
    made.post_processor = processors.TemplateProcessing("[CLS]:0 $A:0 [SEP]:0", "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", [("[CLS]", 2), ("[SEP]", 3)])
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, cls_token="[CLS]", sep_token="[SEP]", pad_token="[PAD]", unk_token="[UNK]",
                                                mask_token="[MASK]", model_input_names=["input_ids", "attention_mask"])


def save(folder, tokenizer, config, pooling, more=(), **settings):
    """A folder of sentence-transformers around a random model, read back."""
    with tempfile.TemporaryDirectory() as plain:
        tokenizer.save_pretrained(plain)
        model = transformers.AutoModel.from_config(config)
        with torch.no_grad():  # norms and biases are ones and zeros in a new model
            for value in model.parameters():
                value += torch.randn_like(value) * 0.1
        model.save_pretrained(plain, safe_serialization=True)
        part = models.Transformer(plain)
        dim = part.get_word_embedding_dimension()
        SentenceTransformer(modules=[part, models.Pooling(dim, **pooling), *more], device="cpu", **settings).save(folder, create_model_card=False)
    for place, _, files in os.walk(folder):
        if "pytorch_model.bin" in files:  # later versions write dense layers as safetensors
            save_file(torch.load(os.path.join(place, "pytorch_model.bin")), os.path.join(place, "model.safetensors"))
    return SentenceTransformer(folder, device="cpu")


def make_roberta(folder, texts, size, dim, alphabet):
    tokenizer = byte_level(texts, size, alphabet)
    spread = 0.3 if dim == 8 else 0.15
    config = transformers.RobertaConfig(vocab_size=len(tokenizer), hidden_size=dim, num_hidden_layers=2, num_attention_heads=2, intermediate_size=2 * dim,
                                        max_position_embeddings=20, type_vocab_size=1, layer_norm_eps=1e-5, initializer_range=spread)
    return save(folder, tokenizer, config, {"pooling_mode": "mean", "include_prompt": False}, prompts={"query": "query: ", "passage": "text: "},
                default_prompt_name="passage")


def make_distilbert(folder, texts, size, dim):
    tokenizer = word_pieces(texts, size)
    spread = 0.3 if dim == 8 else 0.15
    config = transformers.DistilBertConfig(vocab_size=len(tokenizer), dim=dim, n_layers=2, n_heads=4, hidden_dim=2 * dim, max_position_embeddings=24,
                                           initializer_range=spread)
    dense = models.Dense(2 * dim, 6, activation_function=torch.nn.Tanh())
    return save(folder, tokenizer, config, {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False, "pooling_mode_max_tokens": True},
                [dense, models.Normalize()])


def make_bert(folder, texts, activation):
    tokenizer = word_pieces(texts, 200)
    pooling = {"pooling_mode_mean_tokens": False, "pooling_mode_lasttoken": True}
    if activation == "gelu":
        pooling = {"pooling_mode_mean_tokens": False, "pooling_mode_weightedmean_tokens": True, "pooling_mode_mean_sqrt_len_tokens": True}
    config = transformers.BertConfig(vocab_size=len(tokenizer), hidden_size=48, num_hidden_layers=3, num_attention_heads=4, intermediate_size=100,
                                     max_position_embeddings=40, hidden_act=activation, initializer_range=0.15)
    return save(folder, tokenizer, config, pooling,
                [models.Dense(96 if activation == "gelu" else 48, 20, bias=False, activation_function=torch.nn.GELU())])


def write_golden(folder):
    """Two small models, and what the peers make of a few texts."""
    known = ["the bank of the river is steep", "money in the bank", "a query: what is money?", "text: the river", "thinking of banks and rivers"]
    given = ["", "the bank of the river", "money in the bank", "  what is it?  ", "banks, rivers and Money 17", "the river " * 12, "ünknown 🙂"]
    for name, peer in (("roberta", make_roberta(os.path.join(folder, "roberta"), known, 48, 8, [])),
                       ("distilbert", make_distilbert(os.path.join(folder, "distilbert"), known, 40, 8))):
        place = os.path.join(folder, name)
        expected = {"texts": given, "vectors": peer.encode(given, batch_size=1).astype(float).round(7).tolist(), "prompts": {}, "tokens": []}
        for prompt in peer.prompts:
            expected["prompts"][prompt] = peer.encode(given, batch_size=1, prompt_name=prompt).astype(float).round(7).tolist()
        for text in given[1:3]:
            ids, layers = tokens_of(peer, text)
            expected["tokens"].append({"text": text, "ids": ids.tolist(), "layers": layers.astype(float).round(6).tolist()})
        with open(os.path.join(place, "expected.json"), "w") as file:
            json.dump(expected, file, separators=(",", ":"))
            file.write("\n")
        for inner, _, files in os.walk(place):
            for file in files:
                if file in ("README.md", "special_tokens_map.json", "vocab.txt", "pytorch_model.bin"):
                    os.remove(os.path.join(inner, file))
        with open(os.path.join(place, "config.json")) as file:
            config = json.load(file)
        del config["_name_or_path"]
        with open(os.path.join(place, "config.json"), "w") as file:
            json.dump(config, file, indent=1)
            file.write("\n")


if arguments.write_golden:
    write_golden(arguments.write_golden)
    sys.exit(0)
texts = make_texts()
with tempfile.TemporaryDirectory() as folder:
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made = {"RoBERTa": make_roberta(os.path.join(folder, "RoBERTa"), texts, 400, 32, alphabet),
            "DistilBERT": make_distilbert(os.path.join(folder, "DistilBERT"), texts, 300, 32),
            "BERT": make_bert(os.path.join(folder, "BERT"), texts, "gelu"),
            "BERT with tanh": make_bert(os.path.join(folder, "BERT with tanh"), texts, "gelu_new"),
            "BERT with relu": make_bert(os.path.join(folder, "BERT with relu"), texts, "relu")}
    for name, peer in made.items():
        compare_vectors(name, os.path.join(folder, name), peer, texts)
        for prompt in peer.prompts:
            compare_vectors(name, os.path.join(folder, name), peer, texts, prompt)
        compare_tokens(name, os.path.join(folder, name), peer, texts)
if arguments.model:
    peer = SentenceTransformer(arguments.model, device="cpu")
    compare_vectors("the real model", arguments.model, peer, texts)
    compare_tokens("the real model", arguments.model, peer, texts)
else:
    print("skipped: no real model (--model FOLDER, or FIRTH_MINILM_DIR)")
if differences:
    sys.exit("different: " + ", ".join(differences))
