"""Makes small random models as GGUF files, and what transformers computes with the weights in them.

    python gguf_models.py                  fixtures/gguf/NAME.gguf, NAME.json, and blocks.gguf with blocks.safetensors
    python gguf_models.py SMOLLM2.gguf     fixtures/gguf/smollm2.json: 20 chats with SmolLM2-135M-Instruct.Q4_1.gguf

Tensors are dequantized by llama.cpp's own Python package. It cannot make Q4_K and its like, so those blocks are random.
"""

import hashlib
import json
import sys
import tempfile
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Type
from make_models import END_OF_TEXT, IM_END, SMALL, completion_logprobs, describe, randomize
from safetensors.numpy import save_file
from tiny_tokenizers import make_tokenizer
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

FOLDER = Path(__file__).parent / "fixtures" / "gguf"
HALF_TYPES = {Type.F16: np.float16, Type.F32: np.float32}
NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
LLAMA3_ROPE = dict(
    rope_type="llama3",
    rope_theta=10000.0,
    factor=8.0,
    low_freq_factor=1.0,
    high_freq_factor=4.0,
    original_max_position_embeddings=8192,
)

KINDS = {
    # Rows of 256: what K-quants need.
    "llama": dict(
        model=LlamaForCausalLM,
        config=LlamaConfig(
            **{**SMALL, "hidden_size": 256, "intermediate_size": 64, "head_dim": 16}, tie_word_embeddings=False
        ),
        style="smollm",
        pre="smollm",
        types={
            "token_embd": Type.Q6_K,
            "output": Type.Q5_K,
            "attn_q": Type.Q4_K,
            "attn_k": Type.Q8_0,
            "attn_v": Type.Q6_K,
            "attn_output": Type.Q4_0,
            "ffn_gate": Type.Q4_K,
            "ffn_up": Type.Q4_1,
            "ffn_down": Type.Q5_0,
        },
    ),
    "llama3": dict(
        model=LlamaForCausalLM,
        config=LlamaConfig(
            **{**SMALL, "bos_token_id": END_OF_TEXT, "head_dim": 16},
            tie_word_embeddings=True,
            attention_bias=True,
            mlp_bias=True,
            rope_parameters=LLAMA3_ROPE,
        ),
        style="llama3",
        pre="llama-bpe",
        types={"token_embd": Type.Q8_0, "attn_q": Type.Q5_1, "attn_k": Type.F16, "ffn_up": Type.BF16},
    ),
    "qwen2": dict(
        model=Qwen2ForCausalLM,
        config=Qwen2Config(**{**SMALL, "vocab_size": 304}, tie_word_embeddings=True),
        style="qwen",
        pre="qwen2",
        types={"token_embd": Type.F16, "attn_q": Type.BF16, "attn_v": Type.Q8_0, "ffn_gate": Type.Q4_1},
    ),
}


def permuted(rows: torch.Tensor, heads: int) -> torch.Tensor:
    """Llama's query and key rows as llama.cpp wants them (convert_hf_to_gguf.py)."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def restored(rows: torch.Tensor, heads: int) -> torch.Tensor:
    return rows.reshape(heads, rows.shape[0] // heads // 2, 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def random_blocks(rows: int, width: int, kind: Type, std: float, rng: np.random.Generator) -> np.ndarray:
    """Blocks of a K-quant whose numbers have about this standard deviation."""
    count = rows * width // 256
    integers = lambda low, high, size: rng.integers(low, high, (count, size), dtype=np.uint8)  # noqa: E731
    half = lambda value: np.full((count, 1), value, np.float16).view(np.uint8)  # noqa: E731
    if kind == Type.Q6_K:
        scales = rng.integers(20, 60, (count, 16)).astype(np.int8) * rng.choice([-1, 1], (count, 16)).astype(np.int8)
        blocks = [integers(0, 256, 128), integers(0, 256, 64), scales.view(np.uint8), half(std / 760)]
    else:
        # Minima equal to the scales, times the middle of the range, centre the numbers on 0.
        low, high = rng.integers(40, 64, (count, 4), dtype=np.uint8), rng.integers(40, 64, (count, 4), dtype=np.uint8)
        upper = low | ((high >> 4) << 6)
        packed = [upper, upper, (high & 15) | ((high & 15) << 4)]
        five = kind == Type.Q5_K
        step = std / (480 if five else 240)
        blocks = [half(step), half(step * (15.5 if five else 7.5)), *packed, *([integers(0, 256, 32)] if five else [])]
        blocks.append(integers(0, 256, 128))
    return np.concatenate(blocks, axis=1).reshape(rows, -1)


def stored(weight: torch.Tensor, kind: Type, rng: np.random.Generator) -> tuple[np.ndarray, torch.Tensor]:
    """A tensor as the file has it, and the numbers that it stands for."""
    values = weight.detach().float().numpy()
    if kind in HALF_TYPES:
        data = values.astype(HALF_TYPES[kind])
        return data, torch.from_numpy(data.astype(np.float32))
    if kind in (Type.Q4_K, Type.Q5_K, Type.Q6_K):
        data = random_blocks(*values.shape, kind, float(values.std()), rng)
    else:
        data = gguf.quantize(values, kind)
    return data, torch.from_numpy(gguf.dequantize(data, kind).reshape(values.shape).copy())


def gguf_name(name: str) -> str:
    path, kind = name.rsplit(".", 1)
    if not path.startswith("model.layers."):
        return f"{NAMES[path]}.{kind}"
    _, _, layer, part = path.split(".", 3)
    return f"blk.{layer}.{NAMES[part]}.{kind}"


def write_metadata(writer: gguf.GGUFWriter, config, tokenizer, pre: str) -> None:
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    if config.model_type == "llama":
        writer.add_rope_dimension_count(config.head_dim)
        writer.add_key_length(config.head_dim)

    description = json.loads(tokenizer.backend_tokenizer.to_str())
    tokens = {id: token for token, id in description["model"]["vocab"].items()}
    special = {token["id"] for token in description["added_tokens"]}
    names = [tokens.get(id, f"[PAD{id}]") for id in range(config.vocab_size)]
    types = [
        gguf.TokenType.UNUSED if id not in tokens else gguf.TokenType.CONTROL if id in special else gguf.TokenType.NORMAL
        for id in range(config.vocab_size)
    ]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(names)
    writer.add_token_types(types)
    writer.add_token_merges([" ".join(merge) for merge in description["model"]["merges"]])
    writer.add_eos_token_id(IM_END)
    writer.add_pad_token_id(END_OF_TEXT)
    if config.bos_token_id is not None:
        writer.add_bos_token_id(config.bos_token_id)
    writer.add_chat_template(tokenizer.chat_template)


@torch.no_grad()
def write_model(file: Path, model, kind: dict, tokenizer) -> None:
    """Writes the model, and rounds its weights to what was written."""
    config = model.config
    rng = np.random.default_rng(1)
    writer = gguf.GGUFWriter(file, config.model_type)
    write_metadata(writer, config, tokenizer, kind["pre"])
    if config.rope_parameters.get("rope_type") == "llama3":
        plain = 10000.0 ** (-torch.arange(0, config.head_dim, 2).float() / config.head_dim)
        writer.add_tensor("rope_freqs.weight", (plain / model.model.rotary_emb.inv_freq).numpy().astype(np.float32))
    for name, weight in model.named_parameters():
        target = gguf_name(name)
        part = target.rsplit(".", 2)[-2]
        type = kind["types"].get(part, Type.F32) if weight.dim() == 2 else Type.F32
        heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}.get(part)
        shuffles = config.model_type == "llama" and heads is not None
        data, values = stored(permuted(weight, heads) if shuffles else weight, type, rng)
        weight.copy_(restored(values, heads) if shuffles else values)
        writer.add_tensor(target, data, raw_dtype=type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def make(name: str, kind: dict) -> None:
    file = FOLDER / f"{name}.gguf"
    for seed in range(2000):
        generator = torch.Generator().manual_seed(seed)
        model = kind["model"](kind["config"])
        randomize(model, generator)
        tokenizer = make_tokenizer(kind["style"])
        write_model(file, model, kind, tokenizer)
        with tempfile.TemporaryDirectory() as folder:
            model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
            expected = describe(Path(folder), generator)
        if expected:
            check_with_transformers(file, model)
            expected = {"made_by": f"test/references/gguf_models.py, seed {seed}", **expected}
            file.with_suffix(".json").write_text(json.dumps(expected, ensure_ascii=False) + "\n")
            print(f"{name}: seed {seed}, logit std {expected['logit_std']:.2f}, {file.stat().st_size} bytes")
            return
    raise SystemExit(f"{name}: no seed gives clear greedy paths, some of which stop")


def check_with_transformers(file: Path, model) -> None:
    """transformers finds the same weights in the file. It reads no biases of Llama's, so those are not looked at."""
    theirs = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32).state_dict()
    for name, weight in model.state_dict().items():
        if name in theirs and not name.endswith("bias"):
            torch.testing.assert_close(theirs[name], weight, rtol=1e-6, atol=1e-7, msg=f"{file.name}: {name}")


def make_blocks() -> None:
    """Two rows of random blocks of every type."""
    rng = np.random.default_rng(2)
    writer = gguf.GGUFWriter(FOLDER / "blocks.gguf", "llama")
    expected = {}
    for kind in [Type[name] for name in "F32 F16 BF16 Q8_0 Q4_0 Q4_1 Q5_0 Q5_1 Q4_K Q5_K Q6_K".split()]:
        size, bytes = gguf.GGML_QUANT_SIZES[kind]
        normal = (0.02 * rng.standard_normal((2, 256))).astype(np.float32)
        if kind in (Type.F32, Type.F16):
            data = normal.astype(HALF_TYPES[kind])
        elif kind == Type.BF16:
            data = gguf.quantize(normal, kind)
        else:
            data = rng.integers(0, 256, (2 * 256 // size, bytes), dtype=np.uint8)
            # Scales are finite; which bytes are scales: the first two or four, of Q6_K the last two.
            halves = {Type.Q6_K: [208], Type.Q8_0: [0], Type.Q4_0: [0], Type.Q5_0: [0]}.get(kind, [0, 2])
            for at in halves:
                scale = (0.01 * rng.standard_normal((len(data), 1))).astype(np.float16)
                data[:, at : at + 2] = scale.view(np.uint8)
            data = data.reshape(2, -1)
        writer.add_tensor(kind.name, data, raw_dtype=kind)
        expected[kind.name] = gguf.dequantize(data, kind).reshape(2, 256).astype(np.float32)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    save_file(expected, FOLDER / "blocks.safetensors")


QUESTIONS = [
    ("What is the capital of France?", "The capital of France is Paris."),
    ("What is 17 + 25?", "17 + 25 = 42."),
    ("Count to 12.", "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12"),
    ("Write a haiku about the sea.", "Waves fold into foam,\nthe moon pulls a silver thread\nthrough the restless dark."),
    ("Translate 'good morning' to German.", "\"Good morning\" in German is \"Guten Morgen\"."),
    ("Reverse the word 'stone'.", "enots"),
    ("Who wrote Hamlet?", "William Shakespeare wrote Hamlet around 1600."),
    ("Give me a Python function that adds two numbers.", "```python\ndef add(a, b):\n    return a + b\n```"),
    ("Is 91 a prime number?", "No: 91 = 7 × 13."),
    ("Name three colours.", "Red, green and blue."),
    ("What does HTTP stand for?", "HTTP stands for HyperText Transfer Protocol."),
    ("Sort these: 9 4 7 1", "1 4 7 9"),
    ("Say something in Polish.", "Zażółć gęślą jaźń."),
    ("   Spaces   around   me?   ", "I can handle   spaces."),
    ("你好吗？", "我很好，谢谢！"),
    ("What's 2^10?", "2^10 = 1,024"),
    ("Answer with one word: is ice cold?", "Yes"),
    ("Tell me a joke.", "Why did the scarecrow win an award? Because he was outstanding in his field! 😄"),
    ("Explain gravity to a child.", "Gravity is like an invisible hand that pulls everything down to the ground."),
    ("List the planets from the sun.", "Mercury, Venus, Earth, Mars, Jupiter, Saturn, Uranus, Neptune"),
]


def describe_smollm2(file: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    # transformers does not know how SmolLM splits words; this is what its own tokenizer.json has.
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    model = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32).eval()
    rows = []
    for index, (question, answer) in enumerate(QUESTIONS):
        messages = [{"role": "user", "content": question}]
        if index % 4 == 0:
            messages.insert(0, {"role": "system", "content": "You answer in one sentence."})
        text = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        prompt_ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        completion = answer + "<|im_end|>"
        completion_ids = tokenizer(completion, add_special_tokens=False)["input_ids"]
        logprobs = [round(value, 6) for value in completion_logprobs(model, prompt_ids, completion_ids)]
        rows.append(dict(messages=messages, text=text, prompt_ids=prompt_ids, completion=completion,
                         completion_ids=completion_ids, logprobs=logprobs))
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (FOLDER / "smollm2.json").write_text(f'{{"file": "{file.name}", "sha256": "{sha256}", "rows": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    torch.set_num_threads(1)
    if len(sys.argv) > 1:
        describe_smollm2(Path(sys.argv[1]).resolve())
    else:
        for file in FOLDER.glob("*.gguf"):
            file.unlink()
        FOLDER.mkdir(parents=True, exist_ok=True)
        make_blocks()
        for name, kind in KINDS.items():
            make(name, kind)
