"""What transformers makes of folders whose files say of special tokens what others do not, or contradict one another.

    python tokenizer_folders.py

Writes fixtures/tokenizer-folders.json: for each case what is changed in the folder of a model in fixtures/models, and what
transformers then says.
"""

import json
import shutil
import tempfile
from pathlib import Path

import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

FIXTURES = Path(__file__).parent / "fixtures"
MODEL = "qwen3"
TEXT = "a <|im_start|> b<|im_end|>x<|endoftext|> <tool>12</tool>"
START, END, DOCUMENT = "<|im_start|>", "<|im_end|>", "<|endoftext|>"


def token(content: str, special: bool, **fields) -> dict:
    plain = dict(lstrip=False, rstrip=False, normalized=False, single_word=False)
    return dict(content=content, **plain | fields, special=special)


KNOWN = {"0": token(DOCUMENT, True), "1": token(START, True), "2": token(END, True)}
NEW = {"290": token("<tool>", False), "291": token("</tool>", True)}
UNNAMED = dict(drop=["extra_special_tokens"])

# config: fields of tokenizer_config.json; drop: those taken out of it; special: the `special` of
# added tokens in tokenizer.json; added: other fields of them; files: others beside it; generation: generation_config.json
# (None: no such file); model: fields of config.json.
CASES: dict[str, dict] = {
    "as it is": {},
    "names in special_tokens_map.json alone": dict(
        drop=["eos_token", "pad_token", "extra_special_tokens"],
        files={"special_tokens_map.json": {"eos_token": END, "pad_token": token(DOCUMENT, True)}},
    ),
    "special_tokens_map.json contradicts": dict(files={"special_tokens_map.json": {"eos_token": DOCUMENT}}),
    "special_tokens_map.json contradicts, with a decoder": dict(
        config={"added_tokens_decoder": KNOWN}, files={"special_tokens_map.json": {"eos_token": DOCUMENT}}
    ),
    "more special tokens in special_tokens_map.json": dict(
        files={"special_tokens_map.json": {"additional_special_tokens": [START, "<tool>"]}}, **UNNAMED
    ),
    "a decoder with new tokens": dict(config={"added_tokens_decoder": KNOWN | NEW}),
    "a decoder with new tokens, at other ids": dict(config={"added_tokens_decoder": KNOWN | {"299": NEW["291"]}}),
    "a decoder that swaps ids": dict(config={"added_tokens_decoder": {"1": KNOWN["2"], "2": KNOWN["1"]}}, **UNNAMED),
    "a decoder that makes a token special": dict(
        config={"added_tokens_decoder": KNOWN}, special={START: False}, **UNNAMED
    ),
    "a decoder that makes a token plain": dict(
        config={"added_tokens_decoder": KNOWN | {"1": token(START, False)}}, **UNNAMED
    ),
    "a decoder with a token that strips": dict(
        config={"added_tokens_decoder": KNOWN | {"1": token(START, True, lstrip=True, rstrip=True)}}, **UNNAMED
    ),
    "a decoder with one that strips no more": dict(
        config={"added_tokens_decoder": KNOWN}, added={START: {"lstrip": True}}, **UNNAMED
    ),
    "names make tokens special": dict(special={START: False, END: False, DOCUMENT: False}, **UNNAMED),
    "a list makes no token special that is there": dict(special={START: False}),
    "nor does its old name": dict(
        config={"additional_special_tokens": [START]}, special={START: False}, **UNNAMED
    ),
    "a list with new tokens": dict(config={"extra_special_tokens": ["<tool>", "</tool>"]}),
    "names of its own": dict(config={"image_token": START, "tool_token": "<tool>"}, special={START: False}, **UNNAMED),
    "names of its own in an object": dict(
        config={"extra_special_tokens": {"tool_token": "<tool>", "start": START}}, special={START: False}
    ),
    "an end that is no token": dict(config={"eos_token": "<end>"}),
    "an end that is a plain token": dict(config={"eos_token": "x"}),
    "added_tokens.json": dict(files={"added_tokens.json": {"<tool>": 290, "</tool>": 291}}),
    "added_tokens.json, one of them special": dict(
        config={"extra_special_tokens": ["</tool>"]}, files={"added_tokens.json": {"</tool>": 291, "<tool>": 290}}
    ),
    "added_tokens.json, with a decoder": dict(
        config={"added_tokens_decoder": KNOWN}, files={"added_tokens.json": {"<tool>": 290}}
    ),
    "two lists of ends": dict(generation={"eos_token_id": [5, 2]}, model={"eos_token_id": 7}),
    "ends in config.json alone": dict(generation=None, model={"eos_token_id": [7, 8]}),
    "a generation_config.json without ends": dict(generation={"temperature": 1.0}, model={"eos_token_id": 7}),
}


def build(case: dict, folder: Path) -> None:
    source = FIXTURES / "models" / MODEL
    shutil.copytree(source, folder)
    read = lambda name: json.loads((source / name).read_text())
    write = lambda name, value: (folder / name).write_text(json.dumps(value))
    tokenizer, config = read("tokenizer.json"), read("tokenizer_config.json")
    for added in tokenizer["added_tokens"]:
        added |= case.get("added", {}).get(added["content"], {})
        added["special"] = case.get("special", {}).get(added["content"], added["special"])
    write("tokenizer.json", tokenizer)
    kept = {key: value for key, value in config.items() if key not in case.get("drop", [])}
    write("tokenizer_config.json", kept | case.get("config", {}))
    for name, value in case.get("files", {}).items():
        write(name, value)
    if "generation" in case:
        (folder / "generation_config.json").unlink()
        if case["generation"] is not None:
            write("generation_config.json", case["generation"])
    write("config.json", read("config.json") | case.get("model", {}))


def describe(case: dict) -> dict:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "model"
        build(case, folder)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        eos = AutoModelForCausalLM.from_pretrained(folder).generation_config.eos_token_id
    ids = tokenizer(TEXT)["input_ids"]
    return {
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "ids": ids,
        "decoded": tokenizer.decode(ids),
        "decoded_without_special_tokens": tokenizer.decode(ids, skip_special_tokens=True),
        "generation_eos": [] if eos is None else eos if isinstance(eos, list) else [eos],
    }


def main() -> None:
    lines = [
        f"{json.dumps(name)}: {json.dumps({'changes': case, **describe(case)}, ensure_ascii=False)}"
        for name, case in CASES.items()
    ]
    head = f'"made_by": "test/references/tokenizer_folders.py, transformers {transformers.__version__}"'
    head += f', "model": {json.dumps(MODEL)}, "text": {json.dumps(TEXT)}'
    (FIXTURES / "tokenizer-folders.json").write_text("{" + head + ',\n"cases": {\n' + ",\n".join(lines) + "\n}}\n")


if __name__ == "__main__":
    main()
