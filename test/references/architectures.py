"""Makes small random models of architectures that have no tokenizer of their own here, and what transformers, PEFT and PyTorch compute with them.

    python architectures.py [NAME...]

Writes to fixtures/architectures/NAME:
  expected.json              log-probabilities of completions, and greedy continuations
  trained.safetensors        the weights after three steps of AdamW on the completions' cross-entropy
  adapter-start.safetensors  a LoRA adapter, and
  adapter.safetensors        what it is after such steps
"""

import itertools
import json
import shutil
import sys
from pathlib import Path

import torch
from make_models import completion_logprobs, randomize
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import save_file
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    Gemma4ForCausalLM,
    Gemma4TextConfig,
    GPT2Config,
    GPT2LMHeadModel,
    GraniteConfig,
    GraniteForCausalLM,
    GraniteMoeHybridConfig,
    GraniteMoeHybridForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    Lfm2Config,
    Lfm2ForCausalLM,
    Ministral3Config,
    Ministral3ForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Olmo2Config,
    Olmo2ForCausalLM,
    Olmo3Config,
    Olmo3ForCausalLM,
    Phi3Config,
    Phi3ForCausalLM,
    Qwen3_5ForCausalLM,
    Qwen3_5TextConfig,
    Qwen3Config,
    Qwen3ForCausalLM,
    SmolLM3Config,
    SmolLM3ForCausalLM,
)

FOLDER = Path(__file__).parent / "fixtures" / "architectures"
GREEDY_TOKENS = 24
STEPS, LEARNING_RATE, EPSILON = 3, 1e-2, 1e-3

SMALL = dict(
    vocab_size=64,
    hidden_size=16,
    intermediate_size=24,
    num_hidden_layers=4,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=128,
    bos_token_id=None,
    pad_token_id=None,
    eos_token_id=None,
    tie_word_embeddings=True,
)
# No multiplier is what it would be without it.
MULTIPLIERS = dict(embedding_multiplier=1.5, attention_multiplier=0.7, residual_multiplier=0.4, logits_scaling=0.8)
# Both kinds of layers, windows shorter than prompts and completions, and tables that differ.
WINDOWS = dict(
    head_dim=8,
    sliding_window=7,
    query_pre_attn_scalar=5,
    layer_types=["sliding_attention", "full_attention", "sliding_attention", "full_attention"],
    rope_parameters=dict(
        full_attention=dict(rope_type="linear", factor=2.0, rope_theta=1000.0),
        sliding_attention=dict(rope_type="default", rope_theta=50.0),
    ),
)


def rope(**scaling) -> LlamaForCausalLM:
    """One layer whose frequencies are stretched from a context shorter than the sequences, where the kind of scaling allows that."""
    return LlamaForCausalLM(
        LlamaConfig(
            **{**SMALL, "num_hidden_layers": 1}, head_dim=16, rope_parameters=dict(rope_theta=100.0, **scaling)
        )
    )


def granite4(**positions) -> GraniteMoeHybridForCausalLM:
    return GraniteMoeHybridForCausalLM(
        GraniteMoeHybridConfig(
            **{**SMALL, "num_hidden_layers": 2},
            **MULTIPLIERS,
            **positions,
            layer_types=["attention"] * 2,
            num_local_experts=0,
            shared_intermediate_size=28,
            mamba_n_heads=4,
        )
    )


YARN = dict(rope_type="yarn", factor=8.0, original_max_position_embeddings=16, beta_fast=2.0, beta_slow=0.5)
LONGROPE = dict(
    rope_type="longrope",
    original_max_position_embeddings=64,
    short_factor=[1.0, 1.1, 1.3, 1.6, 2.0, 2.5, 3.1, 3.8],
    long_factor=[2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
)
LENGTHS = {
    # Longer than the chunks in which the delta rule is computed, and as long as one.
    "qwen3_5": [(3, 12), (70, 90), (64, 65)],
    # A prompt that is padded beyond the last position when it is read, and a completion that ends there.
    "gpt2": [(3, 12), (70, 26)],
}
MODELS = {
    # Caps that scores and logits come near to, and windows by default.
    "gemma2": lambda: Gemma2ForCausalLM(
        Gemma2Config(
            **{**SMALL, "num_hidden_layers": 2},
            head_dim=8,
            sliding_window=7,
            query_pre_attn_scalar=5,
            attn_logit_softcapping=2.0,
            final_logit_softcapping=3.0,
        )
    ),
    "gemma3": lambda: Gemma3ForCausalLM(Gemma3TextConfig(**SMALL, **WINDOWS)),
    # Layers of both types that share keys and values, of the second of two layers with windows; full ones without a value projection.
    "gemma4": lambda: Gemma4ForCausalLM(
        Gemma4TextConfig(
            **{**SMALL, "num_hidden_layers": 5, "intermediate_size": 12},
            head_dim=6,
            global_head_dim=8,
            attention_k_eq_v=True,
            num_global_key_value_heads=1,
            layer_types=["sliding_attention"] * 2 + ["full_attention", "sliding_attention", "full_attention"],
            sliding_window=7,
            num_kv_shared_layers=2,
            use_double_wide_mlp=True,
            vocab_size_per_layer_input=66,
            hidden_size_per_layer_input=4,
            final_logit_softcapping=3.0,
            rms_norm_eps=1e-2,
            rope_parameters=dict(
                full_attention=dict(
                    rope_type="proportional", partial_rotary_factor=0.5, factor=1.5, rope_theta=1000.0
                ),
                sliding_attention=dict(rope_type="default", rope_theta=50.0),
            ),
        )
    ),
    # The scores of each layer are divided by another number; a padding token, for which embeddings learn as for others.
    "gpt2": lambda: GPT2LMHeadModel(
        GPT2Config(
            vocab_size=64,
            n_positions=96,
            n_embd=16,
            n_layer=3,
            n_head=4,
            n_inner=40,
            layer_norm_epsilon=1e-2,
            scale_attn_by_inverse_layer_idx=True,
            reorder_and_upcast_attn=True,
            bos_token_id=None,
            eos_token_id=None,
            pad_token_id=5,
        )
    ),
    "gpt2-untied": lambda: GPT2LMHeadModel(
        GPT2Config(
            vocab_size=64,
            n_positions=96,
            n_embd=16,
            n_layer=1,
            n_head=2,
            activation_function="gelu_pytorch_tanh",
            scale_attn_weights=False,
            tie_word_embeddings=False,
            bos_token_id=None,
            eos_token_id=None,
        )
    ),
    "granite": lambda: GraniteForCausalLM(GraniteConfig(**SMALL, **MULTIPLIERS)),
    "granite4": lambda: granite4(position_embedding_type="rope"),
    "granite4-nope": lambda: granite4(position_embedding_type=None),
    "rope-dynamic": lambda: rope(rope_type="dynamic", factor=4.0),
    "rope-linear": lambda: rope(rope_type="linear", factor=4.0),
    "rope-longrope": lambda: rope(**LONGROPE),
    "rope-yarn": lambda: rope(**YARN),
    "rope-yarn-mscale": lambda: rope(**YARN, mscale=0.7, mscale_all_dim=0.3, truncate=False),
    "lfm2": lambda: Lfm2ForCausalLM(
        Lfm2Config(
            **SMALL,
            layer_types=["conv", "full_attention", "conv", "conv"],
            norm_eps=1e-2,
            conv_L_cache=4,
            conv_bias=True,
            block_multiple_of=5,
            block_ffn_dim_multiplier=1.2,
        )
    ),
    "mistral": lambda: MistralForCausalLM(MistralConfig(**SMALL, sliding_window=6)),
    "olmo2": lambda: Olmo2ForCausalLM(Olmo2Config(**SMALL)),
    # Queries that grow twice within the sequences.
    "ministral3": lambda: Ministral3ForCausalLM(
        Ministral3Config(
            **{**SMALL, "num_hidden_layers": 2},
            head_dim=16,
            sliding_window=30,
            rope_parameters=dict(rope_theta=100.0, **YARN, mscale=1.0, mscale_all_dim=1.0, llama_4_scaling_beta=0.4),
        )
    ),
    # transformers passes over "truncate" here.
    "olmo3": lambda: Olmo3ForCausalLM(
        Olmo3Config(
            **{**SMALL, "num_hidden_layers": 2, "hidden_size": 32},
            layer_types=WINDOWS["layer_types"][:2],
            sliding_window=7,
            rope_parameters=dict(
                full_attention=dict(rope_theta=100.0, **YARN, truncate=False),
                sliding_attention=dict(rope_type="default", rope_theta=50.0),
            ),
        )
    ),
    # Three quarters of each head are rotated, in windows shorter than the sequences.
    "phi3": lambda: Phi3ForCausalLM(
        Phi3Config(
            **{**SMALL, "hidden_size": 32, "num_hidden_layers": 2},
            sliding_window=9,
            original_max_position_embeddings=64,
            rope_parameters=dict(
                rope_type="longrope",
                rope_theta=100.0,
                partial_rotary_factor=0.75,
                short_factor=[1.0, 1.3, 2.0],
                long_factor=[2.0, 3.0, 4.0],
            ),
        )
    ),
    "qwen3_5": lambda: Qwen3_5ForCausalLM(
        Qwen3_5TextConfig(
            **{**SMALL, "max_position_embeddings": 512},
            head_dim=8,
            rope_parameters=dict(rope_type="default", rope_theta=100.0, partial_rotary_factor=0.5),
            attention_bias=True,
            layer_types=["linear_attention", "full_attention", "linear_attention", "linear_attention"],
            rms_norm_eps=1e-2,
            linear_conv_kernel_dim=3,
            linear_key_head_dim=6,
            linear_value_head_dim=4,
            linear_num_key_heads=2,
            linear_num_value_heads=4,
        )
    ),
    "qwen3-windows": lambda: Qwen3ForCausalLM(
        Qwen3Config(**SMALL, head_dim=8, use_sliding_window=True, sliding_window=5, max_window_layers=2)
    ),
    "smollm3": lambda: SmolLM3ForCausalLM(SmolLM3Config(**SMALL)),
}


class TooCloseToCall(Exception):
    """Another seed makes a model whose likeliest tokens rounding cannot change."""


@torch.no_grad()
def greedy(model, prompt_ids: list[int]) -> list[int]:
    ids = list(prompt_ids)
    for _ in range(GREEDY_TOKENS):
        best = model(torch.tensor([ids])).logits[0, -1].topk(2)
        if best.values[0] - best.values[1] < 1e-3:
            raise TooCloseToCall
        ids.append(best.indices[0].item())
    return ids[len(prompt_ids) :]


def train(model, rows: list[dict]) -> None:
    """Three steps on the mean cross-entropy of all completion tokens."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=LEARNING_RATE, eps=EPSILON, weight_decay=0)
    tokens = sum(len(row["completionIds"]) for row in rows)
    for _ in range(STEPS):
        optimizer.zero_grad()
        for row in rows:
            prompt, completion = row["promptIds"], row["completionIds"]
            logits = model(torch.tensor([prompt + completion])).logits[0, len(prompt) - 1 : -1]
            loss = torch.nn.functional.cross_entropy(logits, torch.tensor(completion), reduction="sum") / tokens
            loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()


@torch.no_grad()
def trained_weights(model) -> dict[str, torch.Tensor]:
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


def write_training(folder: Path, rows: list[dict], generator: torch.Generator) -> None:
    load = lambda: type_of(folder).from_pretrained(folder, attn_implementation="eager")
    model = load()
    train(model, rows)
    save_file(trained_weights(model), folder / "trained.safetensors")
    adapted = get_peft_model(load(), LoraConfig(r=3, lora_alpha=6, target_modules="all-linear", lora_dropout=0.0))
    start = get_peft_model_state_dict(adapted)
    start = {name: 0.1 * torch.randn(tensor.shape, generator=generator) for name, tensor in start.items()}
    set_peft_model_state_dict(adapted, start)
    save_file(start, folder / "adapter-start.safetensors")
    train(adapted, rows)
    ended = {name: tensor.contiguous() for name, tensor in get_peft_model_state_dict(adapted).items()}
    save_file(ended, folder / "adapter.safetensors")


def type_of(folder: Path):
    return type(MODELS[folder.name]())


def make(name: str, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    model = MODELS[name]().eval()
    randomize(model, generator)
    if name.startswith(("gemma2", "gemma3", "qwen3_5")):
        # Their norms' weights are differences from 1.
        with torch.no_grad():
            for parameter in (p for n, p in model.named_parameters() if "norm" in n and "linear_attn" not in n):
                parameter.sub_(1)
    with torch.no_grad():
        for parameter in (p for n, p in model.named_parameters() if ".ln_" in n and n.endswith("weight")):
            # GPT-2's norms are not called so.
            parameter.add_(1)
        for buffer in (b for n, b in model.named_buffers() if n.endswith("layer_scalar")):
            buffer.copy_(1 + 0.3 * torch.randn(buffer.shape, generator=generator))
        for parameter in (p for n, p in model.named_parameters() if n.endswith("A_log")):
            # What states hold fades over dozens of tokens.
            parameter.sub_(3)
        if name in ("gemma4", "qwen3_5"):
            # Else three steps, on long rows of the latter, amplify rounding errors: PyTorch's own results in float32 and float64 differ by 0.2 %.
            for parameter in (p for n, p in model.named_parameters() if ".layers." in n and p.ndim > 1):
                parameter.mul_(0.5)
        if name == "gemma4":
            # Likewise: scores are products of normed queries and keys as they are.
            for parameter in (p for n, p in model.named_parameters() if "q_norm" in n):
                parameter.mul_(0.4)
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    rows = []
    for prompt_length, length in LENGTHS.get(name, [(3, 12), (20, 30)]):
        prompt = torch.randint(0, 64, (prompt_length,), generator=generator).tolist()
        completion = torch.randint(0, 64, (length,), generator=generator).tolist()
        logprobs = completion_logprobs(model, prompt, completion)
        rows.append(
            {"promptIds": prompt, "completionIds": completion, "logProbs": logprobs, "greedy": greedy(model, prompt)}
        )
    (folder / "expected.json").write_text(json.dumps(rows) + "\n")
    write_training(folder, rows, generator)


if __name__ == "__main__":
    for name in sys.argv[1:] or MODELS:
        for seed in itertools.count(7):
            try:
                make(name, seed)
                break
            except TooCloseToCall:
                pass
