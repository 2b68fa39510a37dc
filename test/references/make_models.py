"""Makes small random models of every supported kind, and what transformers computes with them (`expected.json`).

    python make_models.py

A model folder is written by transformers itself. Expected values are computed in float32 from the weights as stored.
"""

import json
import shutil
from pathlib import Path

import torch
from tiny_tokenizers import make_tokenizer
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

MODELS = Path(__file__).parent / "fixtures" / "models"
GREEDY_TOKENS = 48
CLEAR_GAP = 1e-3
IM_END, END_OF_TEXT = 2, 0

SMALL = dict(
    vocab_size=290,
    hidden_size=32,
    intermediate_size=48,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=256,
    bos_token_id=None,
    pad_token_id=END_OF_TEXT,
    eos_token_id=IM_END,
)
# With theta 100, the four frequencies of a head fall on both sides of the ramp and into it.
LLAMA3_ROPE = dict(
    rope_type="llama3",
    rope_theta=100.0,
    factor=8.0,
    low_freq_factor=1.0,
    high_freq_factor=4.0,
    original_max_position_embeddings=32,
)

KINDS = {
    "llama-sharded": dict(model=LlamaForCausalLM, config=LlamaConfig(**SMALL, tie_word_embeddings=False), style="smollm"),
    "llama3-biased": dict(
        model=LlamaForCausalLM,
        config=LlamaConfig(
            **{**SMALL, "bos_token_id": END_OF_TEXT},
            tie_word_embeddings=True,
            attention_bias=True,
            mlp_bias=True,
            rope_parameters=LLAMA3_ROPE,
        ),
        style="llama3",
        template_in_config=True,
    ),
    "llama-head-dim-bf16": dict(
        model=LlamaForCausalLM,
        config=LlamaConfig(**{**SMALL, "eos_token_id": [IM_END, END_OF_TEXT]}, head_dim=12, tie_word_embeddings=False),
        style="smollm",
        dtype=torch.bfloat16,
    ),
    # As Qwen's own do, this model has more embedding rows than its tokenizer has tokens.
    "qwen2-f16": dict(
        model=Qwen2ForCausalLM,
        config=Qwen2Config(**{**SMALL, "vocab_size": 304}, tie_word_embeddings=True),
        style="qwen",
        dtype=torch.float16,
    ),
    "qwen3": dict(
        model=Qwen3ForCausalLM,
        config=Qwen3Config(**SMALL, head_dim=16, tie_word_embeddings=False),
        style="qwen",
        template_in_config=True,
    ),
}

PROMPTS = [
    "3 1 0 2",
    "Sort the digits: 3 1 0 2.\n",
    "What is 17 + 25?",
    # Long enough for positions beyond the rope scaling's original context.
    "The other answer is that there is nothing in the string, and then there is more. Zażółć gęślą jaźń! " * 2,
]

MESSAGES = [
    {"role": "user", "content": "  Sort the digits: 3 1 0 2. "},
    {"role": "assistant", "content": "0 1 2 3"},
    {"role": "user", "content": "And 9 8 7?\nThink step by step."},
]

TRICKY_STRINGS = [
    "hello world",
    " leading, trailing and   several spaces  ",
    "line\nbreaks\n\n\r\nand\ttabs\n",
    "don't WE'LL it's I'M",
    "12345 3.14 1,000,000 ½ ²³",
    "naïve café, Zażółć gęślą jaźń",
    "e\u0301 is not é; ﬁ ligature, Å and Å",
    "你好，世界。こんにちは 안녕",
    "👩‍👩‍👧 🇵🇱 🙂‍↔️",
    "<|im_start|>user\nhi<|im_end|>",
    "a<|im_end|>b <|endoftext|> <|im_sta",
    "<reasoning>x = y / 2; // !? {}[]</reasoning>",
    "\u00a0no-break\u200bzero-width\u3000ideographic\ufeff",
]


@torch.no_grad()
def randomize(model: torch.nn.Module, generator: torch.Generator) -> None:
    """Weights that matter: logits with a standard deviation of about 2, biases and norms that are not at their defaults."""
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if "norm" in name:
            parameter.copy_(1 + 0.2 * noise)
        elif parameter.ndim == 1:
            parameter.copy_(0.2 * noise)
        elif "embed_tokens" in name or "lm_head" in name:
            parameter.copy_(0.35 * noise)
        else:
            # Layers speak louder than the embedding: else a tied model would just repeat the token it sees.
            parameter.copy_(2 * noise / parameter.shape[1] ** 0.5)


@torch.no_grad()
def completion_logprobs(model, prompt_ids: list[int], completion_ids: list[int]) -> list[float]:
    logits = model(torch.tensor([prompt_ids + completion_ids])).logits[0, len(prompt_ids) - 1 : -1]
    return logits.log_softmax(-1).gather(1, torch.tensor(completion_ids)[:, None])[:, 0].tolist()


@torch.no_grad()
def greedy(model, prompt_ids: list[int], eos_ids: list[int]) -> dict | None:
    """The likeliest continuation; None when somewhere two tokens are too close to call."""
    output = model.generate(
        torch.tensor([prompt_ids]),
        attention_mask=torch.ones(1, len(prompt_ids), dtype=torch.long),
        do_sample=False,
        max_new_tokens=GREEDY_TOKENS,
        output_logits=True,
        return_dict_in_generate=True,
    )
    best = torch.cat(output.logits).topk(2, dim=-1).values
    gap = (best[:, 0] - best[:, 1]).min().item()
    completion_ids = output.sequences[0, len(prompt_ids) :].tolist()
    assert len(completion_ids) == GREEDY_TOKENS or completion_ids[-1] in eos_ids
    return {"completion_ids": completion_ids, "smallest_logit_gap": gap} if gap > CLEAR_GAP else None


def describe(folder: Path, generator: torch.Generator) -> dict | None:
    """What transformers makes of the model in `folder`; None when its greedy paths have near-ties or never stop by EOS."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    eos = model.generation_config.eos_token_id
    eos_ids = eos if isinstance(eos, list) else [eos]

    logprobs, paths = [], []
    for prompt, length in zip(PROMPTS, [1, 9, 40, 24], strict=True):
        prompt_ids = tokenizer(prompt)["input_ids"]
        path = greedy(model, prompt_ids, eos_ids)
        if path is None:
            return None
        paths.append({"prompt": prompt, "prompt_ids": prompt_ids, **path})
        completion_ids = torch.randint(3, len(tokenizer), (length,), generator=generator).tolist()
        row = {"prompt": prompt, "prompt_ids": prompt_ids, "completion_ids": completion_ids}
        logprobs.append({**row, "logprobs": completion_logprobs(model, prompt_ids, completion_ids)})
    # The same with texts: a completion is tokenized by itself, without BOS.
    for prompt, completion in [(PROMPTS[1], "0 1 2 3<|im_end|>"), (PROMPTS[2], " 17 + 25 = 42, née")]:
        prompt_ids = tokenizer(prompt)["input_ids"]
        completion_ids = tokenizer(completion, add_special_tokens=False)["input_ids"]
        row = {"prompt": prompt, "prompt_ids": prompt_ids, "completion": completion, "completion_ids": completion_ids}
        logprobs.append({**row, "logprobs": completion_logprobs(model, prompt_ids, completion_ids)})

    stopped = [path["completion_ids"][-1] for path in paths if path["completion_ids"][-1] in eos_ids]
    if not stopped or len(stopped) == len(paths) or (len(eos_ids) > 1 and set(stopped) != set(eos_ids)):
        return None
    logits = model(torch.tensor([logprobs[2]["prompt_ids"] + logprobs[2]["completion_ids"]])).logits
    chat = tokenizer.apply_chat_template(MESSAGES, add_generation_prompt=True, tokenize=False)
    return {
        "eos_token_ids": eos_ids,
        "logit_std": logits.std().item(),
        "logprobs": logprobs,
        "greedy": paths,
        "chat": {"messages": MESSAGES, "text": chat, "ids": tokenizer(chat, add_special_tokens=False)["input_ids"]},
        "tokenizer": [encoding(tokenizer, text) for text in TRICKY_STRINGS],
    }


def encoding(tokenizer, text: str) -> dict:
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    return {
        "text": text,
        "ids": ids,
        "ids_with_special_tokens": tokenizer(text)["input_ids"],
        "decoded": tokenizer.decode(ids),
        "decoded_without_special_tokens": tokenizer.decode(ids, skip_special_tokens=True),
    }


def make(name: str, kind: dict) -> None:
    folder = MODELS / name
    for seed in range(2000):
        generator = torch.Generator().manual_seed(seed)
        model = kind["model"](kind["config"])
        randomize(model, generator)
        model.to(kind.get("dtype", torch.float32))
        shutil.rmtree(folder, ignore_errors=True)
        model.save_pretrained(folder, max_shard_size="90KB" if name == "llama-sharded" else "1GB")
        tokenizer = make_tokenizer(kind["style"])
        tokenizer.save_pretrained(folder, save_jinja_files=not kind.get("template_in_config"))
        expected = describe(folder, generator)
        if expected:
            expected = {"made_by": f"test/references/make_models.py, seed {seed}", **expected}
            (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False) + "\n")
            lengths = [len(path["completion_ids"]) for path in expected["greedy"]]
            print(f"{name}: seed {seed}, logit std {expected['logit_std']:.2f}, greedy lengths {lengths}")
            return
    raise SystemExit(f"{name}: no seed gives clear greedy paths, some of which stop")


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, kind in KINDS.items():
        make(name, kind)
