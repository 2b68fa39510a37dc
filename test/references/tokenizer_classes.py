"""What AutoTokenizer makes of folders that name a tokenizer class, or none, for each architecture that is loaded.

    python tokenizer_classes.py      fixtures/tokenizer-classes.json

A case is one of the small tokenizers of `fixtures`, with what is changed in its files. Of each text there are the first letters of a hash: of its
ids, with and without special tokens, of what they are decoded to, and of that without special tokens. Cases with the same have them once.
"""

import hashlib
import json
import logging
import shutil
import tempfile
from pathlib import Path

import transformers
from sentencepiece_models import texts
from transformers import AutoTokenizer
from transformers.models.auto import tokenization_auto

FIXTURES = Path(__file__).parent / "fixtures"
PIECES, BYTES = "sentencepiece", "models"
MORE_TEXTS = [
    " ", "  ", "\n", "\n\n", " a", "a ", "  a  b  ", "a\n\n b", "\n a", "x  12 3", "a  1", "12345 67", "3.14", "don't DON'T", "cafe\u0301", "\u2581a", " \u2581 a",
    "<s>", "<s>a", "<s> a", "a<s>b", "a <s> b", "a</s>\n</s> b", "<unk> a", "<bos>a<eos> b", " <bos> <eos> ", "<tool> a", "a<tool>b", "a <new>b", "<new2> c",
    "<|endoftext|>", "<|im_start|>user\n1 + 1<|im_end|>\n", "a<|endoftext|> b", "  <|im_end|>  x", "<|padding|>x", "<mask> a", "[INST] a [/INST] b",
    "<think>", "a<think> b", "a <think> b", "<think><think>", "\u2581<think>", "<s><think>a", "z a b c", "e\u0301x \u00e9x", " <sp> x y", "a <new>\u0085b <new>\ufeffc",
    "caf\u00e9\u2581a \u0928\u0940\u0902x",
    "<start_of_turn>user\na<end_of_turn>\n", "<|user|>\na<|end|>\n<|assistant|>", "<FILL_ME>", "\u0928\u0940\u0902 \u0e01\u0e33", "\u00bd\u00b2\u0661",
]  # fmt: skip


def token(content: str, special: bool = True, **fields) -> dict:
    return dict(content=content, lstrip=False, rstrip=False, normalized=False, single_word=False) | fields | dict(special=special)


SPECIAL = {str(id): token(content) for id, content in enumerate(["<unk>", "<s>", "</s>"])}
GPT2 = dict(normalizer=None, pre_tokenizer=dict(type="ByteLevel", add_prefix_space=False, trim_offsets=True, use_regex=True))
DIGITS = dict(
    normalizer=None,
    pre_tokenizer=dict(type="Sequence", pretokenizers=[dict(type="Digits", individual_digits=True), GPT2["pre_tokenizer"]]),
)
BOS = dict(
    type="TemplateProcessing",
    single=[{"SpecialToken": dict(id="<|endoftext|>", type_id=0)}, {"Sequence": dict(id="A", type_id=0)}],
    pair=[{"Sequence": dict(id="A", type_id=0)}, {"Sequence": dict(id="B", type_id=1)}],
    special_tokens={"<|endoftext|>": dict(id="<|endoftext|>", ids=[0], tokens=["<|endoftext|>"])},
)
LLAMA, MISTRAL, PHI, GEMMA, GEMMA4 = (f"{PIECES}/{name}" for name in ("llama2", "mistral", "phi3", "gemma3", "gemma4"))
QWEN, LLAMA3 = f"{BYTES}/qwen3", f"{BYTES}/llama3-biased"

NORMALIZED = ["<think>", "a b", "e\u0301x", dict(special=True, content="<sp> x"), dict(special=True, content="<new>", rstrip=True)]
STRIPPING = dict(
    drop=["extra_special_tokens"],
    config=dict(
        additional_special_tokens=["<tool>", "<|im_start|>"],
        unk_token="<mask>",
        boi_token="<new>",
        added_tokens_decoder={
            "0": token("<|endoftext|>", lstrip=True),
            "1": token("<|im_start|>", rstrip=True),
            "2": token("<|im_end|>", lstrip=True, rstrip=True),
            "290": token("<tool>", False, normalized=True, rstrip=True),
            "291": token("<new>", False, lstrip=True),
            "292": token("<new2>", False, lstrip=True),
            "293": token("[INST]", rstrip=True),
        },
    ),
)


def case(base: str, model_type: str | None, tokenizer_class: str | None, **changes) -> dict:
    """
    config: fields of tokenizer_config.json; drop: those taken out; tokenizer: of tokenizer.json; model: of its "model"; vocabulary: more of its
    tokens; added: more added tokens; files: others; of_model: fields of config.json. A model type that is None: no config.json. A class that is None: no such field.
    """
    config = changes.pop("config", {}) | ({} if tokenizer_class is None else dict(tokenizer_class=tokenizer_class))
    drop = ["backend", "is_local", "local_files_only", *changes.pop("drop", []), *(["tokenizer_class"] if tokenizer_class is None else [])]
    return dict(base=base, model_type=model_type, config=config, drop=drop, **changes)


CASES: dict[str, dict] = {
    "Llama 2": case(LLAMA, "llama", "LlamaTokenizer", config=dict(legacy=False, add_bos_token=True, added_tokens_decoder=SPECIAL)),
    "Llama 2, with all its tokens": case(LLAMA, "llama", "LlamaTokenizer", config=dict(legacy=False)),
    "Llama 2 without config.json": case(LLAMA, None, "LlamaTokenizerFast"),
    "Llama 2, legacy": case(LLAMA, "llama", "LlamaTokenizer", config=dict(legacy=True)),
    "Llama 2, legacy is null": case(LLAMA, "llama", "LlamaTokenizerFast", config=dict(legacy=None)),
    "Llama 2 without a space": case(LLAMA, "llama", "LlamaTokenizer", config=dict(add_prefix_space=False)),
    "Llama 2 without names": case(LLAMA, "llama", "LlamaTokenizer", drop=["bos_token", "eos_token", "unk_token"]),
    "Llama 2 whose names are none": case(LLAMA, "llama", "LlamaTokenizer", config=dict(bos_token=None, unk_token=None)),
    "Llama 2 as it is": case(LLAMA, "llama", "PreTrainedTokenizerFast"),
    "Llama 2 without a class": case(LLAMA, "llama", None),
    "Llama 2, named in config.json": case(LLAMA, "llama", None, of_model=dict(tokenizer_class="LlamaTokenizer")),
    "Llama 2 and a class that nobody has": case(LLAMA, "llama", "InternLM2Tokenizer"),
    "TinyLlama": case(LLAMA, "llama", "LlamaTokenizer", config=dict(legacy=False, sp_model_kwargs={}, pad_token="</s>", added_tokens_decoder=SPECIAL)),
    "new tokens at ids that are not free": case(
        LLAMA, "llama", "LlamaTokenizer", config=dict(added_tokens_decoder=SPECIAL | {"990": token("<new>"), "880": token("<new2>", False)})
    ),
    "a token that strips": case(LLAMA, "llama", "LlamaTokenizer", config=dict(added_tokens_decoder=SPECIAL | {"2": token("</s>", rstrip=True)})),
    "a normalized token": case(LLAMA, "llama", "LlamaTokenizer", config=dict(added_tokens_decoder=SPECIAL | {"1": token("<s>", normalized=True)})),
    "added_tokens.json": case(LLAMA, "llama", "LlamaTokenizer", files={"added_tokens.json": {"<new>": 441, "<new2>": 442}}),
    "special_tokens_map.json": case(
        LLAMA, "llama", "LlamaTokenizer", drop=["unk_token"], files={"special_tokens_map.json": dict(pad_token="<new>", unk_token=token("<unk>"))}
    ),
    "extra special tokens": case(LLAMA, "llama", "LlamaTokenizer", config=dict(additional_special_tokens=["<new>", "<tool>"])),
    "Llama 3": case(LLAMA3, "llama", "PreTrainedTokenizerFast", model=dict(ignore_merges=True)),
    "Llama 3 by Llama 2's class": case(LLAMA3, "llama", "LlamaTokenizer"),
    "DeepSeek R1, Llama": case(LLAMA3, "llama", "LlamaTokenizerFast", config=dict(legacy=True)),
    "DeepSeek R1, Qwen": case(LLAMA3, "qwen2", "LlamaTokenizerFast", config=dict(legacy=True, pad_token="<|endoftext|>")),
    "SmolLM2": case(QWEN, "llama", "GPT2Tokenizer", tokenizer=DIGITS, config=dict(unk_token="<|endoftext|>", bos_token="<|im_start|>")),
    "SmolLM3": case(LLAMA3, "smollm3", "PreTrainedTokenizerFast", drop=["bos_token"]),
    "GPT-NeoX's class in Llama": case(QWEN, "llama", "GPTNeoXTokenizer", tokenizer=DIGITS | dict(post_processor=BOS)),
    "Mistral 7B v0.1": case(LLAMA, "mistral", "LlamaTokenizer", config=dict(legacy=True, added_tokens_decoder=SPECIAL)),
    "Mistral 7B v0.3": case(MISTRAL, "mistral", "LlamaTokenizer", config=dict(legacy=False)),
    "Mistral with a tekken": case(LLAMA3, "mistral", "LlamaTokenizerFast", model=dict(ignore_merges=True)),
    "Mistral without a class": case(MISTRAL, "mistral", None),
    "Mistral 3": case(LLAMA3, "mistral3", "LlamaTokenizerFast", model=dict(ignore_merges=True)),
    "Ministral 3": case(LLAMA3, "ministral3", "TokenizersBackend", model=dict(ignore_merges=True)),
    "Phi-3": case(PHI, "phi3", "LlamaTokenizer", config=dict(legacy=False, added_tokens_decoder=SPECIAL)),
    "Phi-3 without a class": case(PHI, "phi3", None),
    "Phi-4-mini": case(LLAMA3, "phi3", "GPT2Tokenizer", tokenizer=DIGITS),
    "Phi-3 with code of its own": case(PHI, "phi3", "LlamaTokenizer", config=dict(auto_map=dict(AutoTokenizer=[None, "own.OwnTokenizer"]))),
    "Qwen 2.5": case(QWEN, "qwen2", "Qwen2Tokenizer", config=dict(add_prefix_space=False, bos_token=None, unk_token=None)),
    "Qwen 2.5 without names": case(QWEN, "qwen2", "Qwen2Tokenizer", drop=["eos_token", "pad_token", "bos_token", "unk_token"]),
    "Qwen 2.5 without a class": case(QWEN, "qwen2", None),
    "Qwen 2.5 as it is, which nobody believes": case(QWEN, "qwen2", "PreTrainedTokenizerFast", tokenizer=DIGITS | dict(post_processor=BOS)),
    "Qwen 3": case(QWEN, "qwen3", "Qwen2TokenizerFast", config=dict(add_prefix_space=False)),
    "Qwen 3 with a space": case(QWEN, "qwen3", "Qwen2Tokenizer", config=dict(add_prefix_space=True)),
    "Qwen 3 as it is": case(QWEN, "qwen3", "PreTrainedTokenizerFast", tokenizer=DIGITS),
    "Qwen 3 VL": case(QWEN, "qwen3_vl", "Qwen2Tokenizer"),
    "Qwen 2.5 VL": case(QWEN, "qwen2_5_vl", "Qwen2Tokenizer"),
    "Qwen 3, whose special tokens get new flags": case(QWEN, "qwen3", "Qwen2Tokenizer", **STRIPPING),
    "Qwen 3.5, whose special tokens keep their flags": case(QWEN, "qwen3_5", "Qwen2Tokenizer", **STRIPPING),
    "Qwen 3.5": case(QWEN, "qwen3_5", "Qwen2Tokenizer"),
    "Qwen 3.5 by transformers 5": case(QWEN, "qwen3_5", "TokenizersBackend"),
    "Qwen 3.5, text": case(QWEN, "qwen3_5_text", "Qwen2Tokenizer"),
    "Qwen 3.5, text, its own class": case(QWEN, "qwen3_5_text", "Qwen3_5Tokenizer"),
    "Qwen 3.5, text, without a class": case(QWEN, "qwen3_5_text", None),
    "Gemma 2": case(GEMMA, "gemma2", "GemmaTokenizer"),
    "Gemma 3": case(GEMMA, "gemma3", "GemmaTokenizerFast"),
    "Gemma 3, text": case(GEMMA, "gemma3_text", "GemmaTokenizer", tokenizer=dict(pre_tokenizer=None), drop=["mask_token"]),
    "Gemma 3 without a class": case(GEMMA, "gemma3_text", None),
    "Gemma 3 as it is": case(GEMMA, "gemma3_text", "TokenizersBackend", tokenizer=dict(pre_tokenizer=None), drop=["mask_token"]),
    "Gemma 4": case(GEMMA4, "gemma4", "GemmaTokenizer"),
    "Gemma 4, text": case(GEMMA4, "gemma4_text", "GemmaTokenizer"),
    "GPT-2": case(QWEN, "gpt2", None, tokenizer=GPT2, drop=["eos_token", "pad_token", "bos_token", "extra_special_tokens"]),
    "GPT-2 by name": case(QWEN, "gpt2", "GPT2Tokenizer", tokenizer=GPT2, config=dict(add_prefix_space=True)),
    "GPT-2, named by nothing": case(QWEN, "gpt2", "", tokenizer=DIGITS),
    "GPT-2, named by nothing, and in config.json": case(QWEN, "gpt2", "", tokenizer=DIGITS, of_model=dict(tokenizer_class="GPT2Tokenizer")),
    "GPT-2, named by nothing in config.json": case(QWEN, "gpt2", None, tokenizer=DIGITS, of_model=dict(tokenizer_class="")),
    "Qwen 3.5, named by nothing": case(QWEN, "qwen3_5", "", tokenizer=DIGITS),
    "Qwen 3.5, named by nothing twice": case(QWEN, "qwen3_5", "", tokenizer=DIGITS, of_model=dict(tokenizer_class="")),
    "Qwen 3, named by nothing, with code of its own": case(
        QWEN, "qwen3", None, tokenizer=DIGITS, config=dict(auto_map=["own.OwnTokenizer", None]), of_model=dict(tokenizer_class="")
    ),
    "OLMo 2": case(LLAMA3, "olmo2", "GPT2Tokenizer"),
    "OLMo 2 by GPT-NeoX's class": case(LLAMA3, "olmo2", "GPTNeoXTokenizer"),
    "OLMo 3": case(LLAMA3, "olmo3", "GPT2Tokenizer"),
    "Granite 3": case(QWEN, "granite", "GPT2Tokenizer", tokenizer=DIGITS, config=dict(add_prefix_space=False)),
    "Granite 4": case(QWEN, "granitemoehybrid", "GPT2Tokenizer", tokenizer=DIGITS),
    "LFM2": case(LLAMA3, "lfm2", "PreTrainedTokenizerFast"),
    "SmolVLM": case(QWEN, "smolvlm", "GPT2Tokenizer", tokenizer=DIGITS),
    "Idefics 3": case(LLAMA3, "idefics3", "PreTrainedTokenizerFast"),
    "padding in tokenizer.json": case(
        LLAMA,
        "llama",
        "PreTrainedTokenizerFast",
        tokenizer=dict(padding=dict(strategy="BatchLongest", direction="Left", pad_to_multiple_of=None, pad_id=2, pad_type_id=0, pad_token="</s>")),
    ),
    "tokens found in normalized text": case(LLAMA, "llama", "PreTrainedTokenizerFast", added=NORMALIZED),
    "tokens found in normalized text, Gemma": case(GEMMA, "gemma3_text", "PreTrainedTokenizerFast", added=NORMALIZED),
    "tokens found in text that nothing normalizes": case(MISTRAL, "mistral", "PreTrainedTokenizerFast", added=NORMALIZED),
    "tokens found in composed text": case(QWEN, "llama", "PreTrainedTokenizerFast", added=NORMALIZED),
    "tokens beyond the bytes' letters": case(QWEN, "llama", "PreTrainedTokenizerFast", added=["caf\u00e9", "\u2581a", "\u0928\u0940\u0902"], vocabulary=["\u0e01", "Ch\u0930"]),
    "Code Llama": case(LLAMA, "llama", "CodeLlamaTokenizer"),
    "Cohere's class in Llama": case(QWEN, "llama", "CohereTokenizer"),
    "code of its own": case(LLAMA, "llama", "OwnTokenizer", config=dict(auto_map=dict(AutoTokenizer=["own.OwnTokenizer", None]))),
    "code of its own beside a known class": case(LLAMA, "llama", "LlamaTokenizer", config=dict(auto_map=dict(AutoTokenizer=["own.OwnTokenizer", None]))),
    "code of its own for a known model": case(MISTRAL, "mistral", "LlamaTokenizer", config=dict(auto_map=["own.OwnTokenizer", None])),
}  # fmt: skip


def add_tokens(tokenizer: dict, case: dict) -> None:
    """Tokens of `vocabulary` have no merges; those of `added` are found in normalized text."""
    vocab, added = tokenizer["model"]["vocab"], tokenizer["added_tokens"]
    free = 1 + max(*vocab.values(), *(token["id"] for token in added))
    for content in case.get("vocabulary", []):
        vocab[content] = free
        free += 1
    for fields in case.get("added", []):
        fields = fields if isinstance(fields, dict) else dict(content=fields, special=False)
        added.append(dict(id=free) | token(**dict(normalized=True) | fields))
        free += 1


def build(case: dict, folder: Path) -> None:
    source = FIXTURES / case["base"]
    folder.mkdir()
    read = lambda name: json.loads((source / name).read_text())
    write = lambda name, value: (folder / name).write_text(json.dumps(value))
    tokenizer = read("tokenizer.json") | case.get("tokenizer", {})
    tokenizer["model"] |= case.get("model", {})
    add_tokens(tokenizer, case)
    write("tokenizer.json", tokenizer)
    kept = {key: value for key, value in read("tokenizer_config.json").items() if key not in case["drop"]}
    write("tokenizer_config.json", kept | case["config"])
    if case["model_type"] is not None:
        write("config.json", dict(model_type=case["model_type"]) | case.get("of_model", {}))
    for name, value in case.get("files", {}).items():
        write(name, value)


def digest(*parts) -> str:
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:4]


def describe(case: dict, all_texts: list[str]) -> dict:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "model"
        build(case, folder)
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder)
        except ValueError as error:
            return dict(refused=str(error).split(".")[0].replace(str(folder), "the folder"))
    rows = []
    for text in all_texts:
        ids = tokenizer.encode(text)
        rows.append(digest(ids, tokenizer.encode(text, add_special_tokens=False), tokenizer.decode(ids), tokenizer.decode(ids, skip_special_tokens=True)))
    added = sorted((id, token.content, token.special) for id, token in tokenizer.added_tokens_decoder.items())
    return dict(
        name=type(tokenizer).__name__,
        **{name: getattr(tokenizer, f"{name}_token") for name in ("bos", "eos", "pad", "unk")},
        added=digest(*added),
        texts="".join(rows),
    )


def main() -> None:
    logging.disable(logging.WARNING)
    all_texts = [*texts(), *MORE_TEXTS]
    lines, first = [], {}
    for name, case in CASES.items():
        found = describe(case, all_texts)
        if "texts" in found and first.setdefault(found["texts"], name) != name:
            found["same_texts"] = first[found.pop("texts")]
        print(f"{name}: {found.get('name', found.get('refused'))}")
        lines.append(f"{json.dumps(name)}: {json.dumps(dict(changes=case, **found), ensure_ascii=True)}")
    names = sorted({value.removesuffix("Fast") for value in tokenization_auto.TOKENIZER_MAPPING_NAMES.values() if value})
    mains = sorted({name.removesuffix("Fast") for name in dir(transformers) if name.endswith(("Tokenizer", "TokenizerFast"))})
    known = sorted({*names, *mains} - {"TokenizersBackend", "PreTrainedTokenizer", "AutoTokenizer"})
    types = sorted({case["model_type"] for case in CASES.values() if case["model_type"]})
    registered = {
        type: [tokenization_auto.TOKENIZER_MAPPING_NAMES.get(type), type in tokenization_auto.MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS]
        for type in types
    }
    head = dict(
        made_by=f"test/references/tokenizer_classes.py, transformers {transformers.__version__}", classes=known, registered=registered, texts=all_texts
    )
    text = json.dumps(head, ensure_ascii=True)[:-1] + ',\n"cases": {\n' + ",\n".join(lines) + "\n}}\n"
    (FIXTURES / "tokenizer-classes.json").write_text(text)


if __name__ == "__main__":
    main()
