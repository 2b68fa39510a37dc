"""Small SentencePiece models, as .gguf files without weights, and what transformers makes of texts with them.

    python sentencepiece_models.py      fixtures/sentencepiece/NAME.gguf, NAME/tokenizer.json, and NAME.json

Each is trained by the `sentencepiece` package, written as llama.cpp's converter does (`_set_vocab_sentencepiece` of convert_hf_to_gguf.py), and
made a fast tokenizer with the classes that transformers has for its model. What transformers makes of the .gguf file itself must be the
same, but for Llama's space (see LLAMA) and what Phi-3's tokens strip, of which the file says nothing.
"""

import json
import random
import sys
import tempfile
from pathlib import Path

import gguf
import sentencepiece
import transformers
from gguf import TokenType
from tokenizers import AddedToken, normalizers, processors
from transformers import LlamaTokenizer
from transformers.integrations.gguf.gguf_tokenizer_mapping import convert_gguf_tokenizer, get_gguf_tokenizer
from transformers.models.gemma.tokenization_gemma import GemmaTokenizer
from transformers.tokenization_utils_base import generate_merges

FOLDER = Path(__file__).parent / "fixtures" / "sentencepiece"
SPACE = "\u2581"
CORPUS = [
    "Sort the digits: 3 1 0 2. The sorted digits are 0 1 2 3.",
    "What is 17 + 25? Think step by step, then answer: 17 + 25 = 42.",
    "<reasoning>the sum of the two numbers</reasoning><answer>42</answer>",
    "The other answer is that there is nothing in the string, and then there is more.",
    "def add(a, b):\t# spaces\n    return a + b\n        deeper = [1, 22, 333]",
    "na\u00efve caf\u00e9 \u4f60\u597d \u4f60\u597d \u3053\u308c\u306f \u0928\u092e\u0938\u094d\u0924\u0947 ---- ==== aaaa aaaaaaa abababab",
    "user<0x41> assistant [INST] [/INST] system inst",
] * 4
TRAINING = dict(
    model_type="bpe",
    byte_fallback=True,
    split_digits=True,
    normalization_rule_name="identity",
    remove_extra_whitespaces=False,
    allow_whitespace_only_pieces=True,
    character_coverage=0.999,
    minloglevel=2,
)
LLAMA = dict(vocab_size=440, training=dict(add_dummy_prefix=True, unk_id=0, bos_id=1, eos_id=2, pad_id=-1))
RUNS = ["\n", "\n\n", "\n\n\n", *(SPACE * n for n in (2, 3, 4, 5, 8)), "<table>", "\t"]
GEMMA = dict(
    vocab_size=440,
    training=dict(
        add_dummy_prefix=False,
        **dict(pad_id=0, eos_id=1, bos_id=2, unk_id=3),
        **dict(bos_piece="<bos>", eos_piece="<eos>", pad_piece="<pad>"),
        user_defined_symbols=["<mask>", "<unused0>", "<start_of_turn>", "<end_of_turn>", *RUNS],
    ),
    special=["<mask>", "<unused0>", "<start_of_turn>", "<end_of_turn>"],
)
# kind of pieces, llama.cpp's architecture, the model's name, added tokens behind the pieces
MODELS = {
    "llama2": dict(LLAMA, arch="llama", name="Llama 2", rules="prepend", added=["<tool>"]),
    "mistral": dict(LLAMA, arch="llama", name="Mistral", rules="metaspace", added=["[INST]", "[/INST]"], special=["[INST]", "[/INST]"]),
    "phi3": dict(
        LLAMA,
        arch="phi3",
        name="Phi 3 Mini 4k Instruct",
        rules="prepend",
        added=(phi3 := ["<|endoftext|>", "<|placeholder1|>", "<|user|>", "<|assistant|>", "<|end|>"]),
        special=phi3,
        strips=["</s>", *phi3[1:]],
    ),
    "gemma3": dict(GEMMA, arch="gemma3", name="Gemma", rules="gemma", added=[]),
    "gemma4": dict(GEMMA, arch="gemma4", name="Gemma 4", rules="gemma", added=[]),
}


def pieces_of(kind: dict) -> list[tuple[str, float, TokenType]]:
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus.txt"
        corpus.write_text("\n".join(CORPUS))
        sentencepiece.SentencePieceTrainer.train(
            input=str(corpus), model_prefix=f"{folder}/m", vocab_size=kind["vocab_size"], **TRAINING, **kind["training"]
        )
        model = sentencepiece.SentencePieceProcessor(model_file=f"{folder}/m.model")
    special = kind.get("special", [])
    pieces = []
    for id in range(len(model)):
        piece, score = model.id_to_piece(id), model.get_score(id)
        defined = piece in kind["training"].get("user_defined_symbols", [])
        type = (
            TokenType.UNKNOWN if model.is_unknown(id)
            else TokenType.CONTROL if model.is_control(id) or piece in special
            else TokenType.BYTE if model.is_byte(id)
            # Gemma 4's converter takes those alone for defined that come behind the pieces.
            else TokenType.USER_DEFINED if defined and kind["arch"] != "gemma4"
            else TokenType.NORMAL
        )  # fmt: skip
        pieces.append((piece, score, type))
    for piece in kind["added"]:
        pieces.append((piece, -1000.0, TokenType.CONTROL if piece in special else TokenType.USER_DEFINED))
    return pieces


def tokenizer_of(kind: dict, pieces):
    """As the model's own tokenizer.json has it."""
    vocab = {piece: id for id, (piece, _, _) in enumerate(pieces)}
    own = len(pieces) - len(kind["added"])
    is_gemma = kind["rules"] == "gemma"
    scores = {piece: -id if is_gemma else score for id, (piece, score, _) in enumerate(pieces)}
    merges = generate_merges(vocab, {piece: scores[piece] for piece in list(vocab)[:own]})
    names = {name: piece for name, piece in dict(bos_token="<bos>", eos_token="<eos>", pad_token="<pad>", mask_token="<mask>").items()}
    tokenizer = (GemmaTokenizer if is_gemma else LlamaTokenizer)(
        vocab=vocab, merges=merges, unk_token="<unk>", **(names if is_gemma else dict(bos_token="<s>", eos_token="</s>"))
    )
    backend = tokenizer.backend_tokenizer
    if kind["rules"] == "prepend":
        backend.normalizer = normalizers.Sequence([normalizers.Prepend(SPACE), normalizers.Replace(" ", SPACE)])
        backend.pre_tokenizer = None
    if kind["rules"] == "metaspace":
        assert backend.pre_tokenizer.prepend_scheme == "first"
    strips = kind.get("strips", [])
    for piece, _, type in pieces:
        if type in (TokenType.CONTROL, TokenType.USER_DEFINED) and not (SPACE in piece):
            special = type == TokenType.CONTROL
            token = AddedToken(piece, normalized=False, special=special, rstrip=piece in strips)
            (backend.add_special_tokens if special else backend.add_tokens)([token])
    if kind["arch"] != "gemma4":
        bos = tokenizer.bos_token
        backend.post_processor = processors.TemplateProcessing(single=f"{bos} $A", special_tokens=[(bos, vocab[bos])])
    return tokenizer


def write_gguf(file: Path, kind: dict, pieces, tokenizer) -> None:
    writer = gguf.GGUFWriter(file, kind["arch"])
    writer.add_name(kind["name"])
    is_gemma4 = kind["arch"] == "gemma4"
    writer.add_tokenizer_model("gemma4" if is_gemma4 else "llama")
    if not is_gemma4:
        writer.add_tokenizer_pre("default")
    is_defined = lambda type: type == TokenType.USER_DEFINED  # noqa: E731
    writer.add_token_list([piece.replace(SPACE, " ") if is_defined(type) else piece for piece, _, type in pieces])
    lost = (TokenType.USER_DEFINED, TokenType.CONTROL)
    writer.add_token_scores([-1000.0 if is_gemma4 or type in lost else score for _, score, type in pieces])
    writer.add_token_types([type for _, _, type in pieces])
    if is_gemma4:
        merges = json.loads(tokenizer.backend_tokenizer.to_str())["model"]["merges"]
        writer.add_token_merges([" ".join(merge) for merge in merges])
    ids = {piece: id for id, (piece, _, _) in enumerate(pieces)}
    is_gemma = kind["rules"] == "gemma"
    writer.add_bos_token_id(ids["<bos>" if is_gemma else "<s>"])
    writer.add_eos_token_id(ids["<eos>" if is_gemma else "</s>"])
    writer.add_unk_token_id(ids["<unk>"])
    if is_gemma:
        writer.add_pad_token_id(ids["<pad>"])
        writer.add_add_space_prefix(False)
    writer.add_add_bos_token(True)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


PARTS = [
    *" \t\n.,:;!?-=+_<>[]/0123456789abeinrst", "  ", "   ", "    ", " " * 7, " " * 33, "\n\n", "\n" * 5, "\r\n", "the", " the", "answer", "string",
    "12", "333", "----", "=====", "a" * 11, "abab", "\u00e9", "e\u0301", "\u4f60\u597d", "\u3053\u308c", "\u0928\u092e", "\u0301", "\U0001f600", "\U0001f469\u200d\U0001f467",
    "\u00a0", "\u2003", "\u200b", "\ufeff", "\ufffd", "\x00", "\x7f", SPACE, SPACE * 2, "<0x41>", "<0x0A>", "<0xE4>", "<unk>", "<s>", "</s>", "<bos>", "<eos>", "<table>",
    "<tool>", "[INST]", "[/INST]", "<|user|>", "<|assistant|>", "<|end|>", "<|endoftext|>", "<start_of_turn>", "<end_of_turn>", "<mask>", "<unused0>", "<pad>",
]  # fmt: skip


def texts() -> list[str]:
    rng = random.Random(7)
    fuzz = ["".join(rng.choice(PARTS) for _ in range(rng.randint(1, 14))) for _ in range(150)]
    return ["", *CORPUS[:7], *PARTS, *fuzz]


def make(name: str, kind: dict) -> None:
    pieces = pieces_of(kind)
    tokenizer = tokenizer_of(kind, pieces)
    file = FOLDER / f"{name}.gguf"
    write_gguf(file, kind, pieces, tokenizer)
    backend = tokenizer.backend_tokenizer
    bos = kind["arch"] != "gemma4"
    rows = []
    for text in texts():
        ids = backend.encode(text, add_special_tokens=False).ids
        rows.append([text, ids, backend.decode(ids, skip_special_tokens=False), backend.decode(ids)])
    # Tokens in no order that a text has: bytes that are no characters, and beginnings of some.
    rng = random.Random(8)
    bytes_of = [id for id, (_, _, type) in enumerate(pieces) if type == TokenType.BYTE]
    for _ in range(60):
        pool = [rng.choice([range(len(pieces)), bytes_of, bytes_of[128:]]) for _ in range(rng.randint(1, 9))]
        ids = [rng.choice(some) for some in pool]
        rows.append([None, ids, backend.decode(ids, skip_special_tokens=False), backend.decode(ids)])
    architecture, parts, _ = get_gguf_tokenizer(str(file))
    theirs = convert_gguf_tokenizer(architecture, parts)[0]
    differ = [row[0] for row in rows if row[0] is not None and theirs.encode(row[0], add_special_tokens=False).ids != row[1]]
    print(f"{name}: {file.stat().st_size} bytes, {len(rows)} texts, {len(differ)} otherwise in transformers' reading of the file: {differ[:3]}")
    if name not in ("llama2", "phi3"):
        assert not differ
    head = f"test/references/sentencepiece_models.py, transformers {transformers.__version__}"
    (FOLDER / f"{name}.json").write_text(
        json.dumps({"made_by": head, "adds_bos": bos}, ensure_ascii=True)[:-1]
        + ',\n"texts": [\n' + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]}\n"
    )
    tokenizer.save_pretrained(FOLDER / name)
    if kind["rules"] == "prepend":
        # LlamaTokenizer would put other rules in place of tokenizer.json's: tokenizer_classes.py.
        config = FOLDER / name / "tokenizer_config.json"
        config.write_text(config.read_text().replace("LlamaTokenizer", "TokenizersBackend"))
    json_file = FOLDER / name / "tokenizer.json"
    json_file.write_text(json.dumps(json.loads(json_file.read_text()), ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in sys.argv[1:] or MODELS:
        make(name, MODELS[name])
