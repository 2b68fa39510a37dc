"""Makes small random models of newer architectures, their GGUF files by llama.cpp's own converter, and what transformers computes with them.

    python gguf_architectures.py LLAMA.CPP [NAME...]      fixtures/gguf-models/NAME/, with NAME.gguf and expected.json in it

Of those in HALVES the matrices are float16, and only in NAME.gguf.

LLAMA.CPP is a checkout of https://github.com/ggml-org/llama.cpp (also vendor/llama.cpp in the source package of llama-cpp-python). Its converter
knows tokenizers by what they make of a text; it is told what ours are.
"""

import json
import shutil
import sys
from copy import deepcopy
from pathlib import Path

import torch
from make_models import END_OF_TEXT, IM_END, SMALL, completion_logprobs, randomize
from tiny_tokenizers import make_tokenizer
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    Gemma2Config,
    Gemma2ForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    Gemma4ForCausalLM,
    Gemma4TextConfig,
    GraniteConfig,
    GraniteForCausalLM,
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
    SmolLM3Config,
    SmolLM3ForCausalLM,
)

FOLDER = Path(__file__).parent / "fixtures" / "gguf-models"
# No multiplier is what it would be without it.
MULTIPLIERS = dict(embedding_multiplier=1.5, attention_multiplier=0.3, residual_multiplier=0.4, logits_scaling=1.25)
# Windows shorter than the completions, tables that differ, and a layer that sees all.
WINDOWS = dict(
    num_hidden_layers=7,
    head_dim=16,
    query_pre_attn_scalar=16,
    sliding_window=7,
    rope_parameters=dict(
        full_attention=dict(rope_type="default", rope_theta=1000.0),
        sliding_attention=dict(rope_type="default", rope_theta=50.0),
    ),
)
# Three quarters of each head are rotated; within the original context by the short factors.
LONGROPE = dict(
    rope_type="longrope",
    rope_theta=100.0,
    partial_rotary_factor=0.75,
    short_factor=[1.0, 1.3, 2.0],
    long_factor=[2.0, 3.0, 4.0],
)
# Blends the frequencies of a head of 8 features: some are kept, some stretched, some between.
YARN = dict(rope_type="yarn", rope_theta=100.0, factor=8.0, original_max_position_embeddings=256)
HALVES = {
    # Caps that scores and logits come near to.
    "gemma2": lambda: Gemma2ForCausalLM(
        Gemma2Config(
            **SMALL,
            head_dim=16,
            sliding_window=7,
            query_pre_attn_scalar=16,
            attn_logit_softcapping=2.0,
            final_logit_softcapping=6.0,
        )
    ),
    # Layers of both types that share keys and values, of the second of two layers with windows; full ones without a value projection.
    "gemma4": lambda: Gemma4ForCausalLM(
        Gemma4TextConfig(
            **{**SMALL, "num_hidden_layers": 5, "intermediate_size": 24},
            head_dim=6,
            global_head_dim=8,
            attention_k_eq_v=True,
            num_global_key_value_heads=1,
            layer_types=["sliding_attention"] * 2 + ["full_attention", "sliding_attention", "full_attention"],
            sliding_window=7,
            num_kv_shared_layers=2,
            use_double_wide_mlp=True,
            vocab_size_per_layer_input=290,
            hidden_size_per_layer_input=4,
            final_logit_softcapping=6.0,
            rms_norm_eps=1e-2,
            rope_parameters=dict(
                full_attention=dict(rope_type="proportional", partial_rotary_factor=0.5, rope_theta=1000.0),
                sliding_attention=dict(rope_type="default", rope_theta=50.0),
            ),
        )
    ),
    # The converter looks for `n_ctx`, which transformers writes no more.
    "gpt2": lambda: GPT2LMHeadModel(
        GPT2Config(
            vocab_size=290,
            n_positions=256,
            n_ctx=256,
            n_embd=32,
            n_layer=2,
            n_head=4,
            layer_norm_epsilon=1e-2,
            bos_token_id=None,
            pad_token_id=END_OF_TEXT,
            eos_token_id=IM_END,
        )
    ),
    # Queries that grow within the sequences.
    "ministral3": lambda: Ministral3ForCausalLM(
        Ministral3Config(
            **{**SMALL, "max_position_embeddings": 2048},
            head_dim=8,
            sliding_window=None,
            rope_parameters=dict(
                **{**YARN, "original_max_position_embeddings": 20},
                **dict(beta_fast=2.0, beta_slow=0.5, mscale=1.0, mscale_all_dim=1.0, llama_4_scaling_beta=0.4),
            ),
            tie_word_embeddings=True,
        )
    ),
    "olmo3": lambda: Olmo3ForCausalLM(
        Olmo3Config(
            **{**SMALL, "max_position_embeddings": 2048},
            layer_types=["sliding_attention", "full_attention"],
            sliding_window=7,
            rope_parameters=dict(
                full_attention=dict(**YARN, beta_fast=32.0, beta_slow=1.0),
                sliding_attention=dict(rope_type="default", rope_theta=100.0),
            ),
            tie_word_embeddings=False,
        )
    ),
    "lfm2": lambda: Lfm2ForCausalLM(
        Lfm2Config(
            **{**SMALL, "num_hidden_layers": 3},
            layer_types=["conv", "full_attention", "conv"],
            norm_eps=1e-3,
            conv_L_cache=4,
            block_multiple_of=5,
            rope_parameters=dict(rope_type="default", rope_theta=100.0),
            tie_word_embeddings=True,
        )
    ),
    "phi3": lambda: Phi3ForCausalLM(
        Phi3Config(
            **{**SMALL, "max_position_embeddings": 1024},
            original_max_position_embeddings=256,
            rope_parameters=LONGROPE,
            sliding_window=1024,
            tie_word_embeddings=True,
        )
    ),
    # Key heads that serve two value heads each.
    "qwen3_5": lambda: Qwen3_5ForCausalLM(
        Qwen3_5TextConfig(
            **SMALL,
            head_dim=8,
            rope_parameters=dict(rope_type="default", rope_theta=100.0, partial_rotary_factor=0.5),
            layer_types=["linear_attention", "full_attention"],
            linear_conv_kernel_dim=3,
            linear_key_head_dim=8,
            linear_value_head_dim=8,
            linear_num_key_heads=2,
            linear_num_value_heads=4,
            tie_word_embeddings=True,
        )
    ),
}
MODELS = {
    **HALVES,
    "gemma3": lambda: Gemma3ForCausalLM(Gemma3TextConfig(**{**SMALL, **WINDOWS})),
    "granite": lambda: GraniteForCausalLM(GraniteConfig(**SMALL, **MULTIPLIERS, tie_word_embeddings=True)),
    "mistral": lambda: MistralForCausalLM(MistralConfig(**SMALL, head_dim=16, sliding_window=None)),
    "olmo2": lambda: Olmo2ForCausalLM(Olmo2Config(**SMALL, tie_word_embeddings=False)),
    "smollm3": lambda: SmolLM3ForCausalLM(SmolLM3Config(**{**SMALL, "num_hidden_layers": 4}, tie_word_embeddings=True)),
}
# Of the tokenizer's words, and llama.cpp's name for them.
STYLES = {
    "gpt2": ("gpt2", "gpt-2"),
    "granite": ("smollm", "refact"),
    "lfm2": ("llama3", "lfm2"),
    "ministral3": ("tekken", "tekken"),
    "olmo2": ("llama3", "dbrx"),
    "olmo3": ("llama3", "dbrx"),
    "phi3": ("gpt-4o", "gpt-4o"),
    "qwen3_5": ("qwen35", "qwen35"),
}


def convert(folder: Path, pre: str, to: Path, file_type: str) -> None:
    import conversion
    import gguf

    model_class = conversion.get_model_class(json.loads((folder / "config.json").read_text())["architectures"][0])
    conversion.TextModel.get_vocab_base_pre = lambda self, tokenizer: pre
    model_class.no_mtp = True
    # Where there is no tokenizer.model, they read what is in tokenizer.json, whatever the architecture.
    for used in (model_class, getattr(model_class, "Ministral3Model", model_class)):
        used.set_vocab = lambda self: self._set_vocab_gpt2()
    with torch.inference_mode():
        model_class(folder, gguf.LlamaFileType[file_type], to).write()


@torch.no_grad()
def make(name: str) -> None:
    generator = torch.Generator().manual_seed(7)
    model = MODELS[name]().eval()
    randomize(model, generator)
    for parameter in (p for n, p in model.named_parameters() if ".ln_" in n and n.endswith("weight")):
        # GPT-2's norms, which are not called so.
        parameter.add_(1)
    if name in ("gemma2", "gemma3", "qwen3_5"):
        # Their norms' weights are differences from 1.
        for parameter in (p for n, p in model.named_parameters() if "norm" in n and "linear_attn" not in n):
            parameter.sub_(1)
    for parameter in (p for n, p in model.named_parameters() if n.endswith("A_log")):
        # What states hold fades over dozens of tokens.
        parameter.sub_(3)
    for buffer in (b for n, b in model.named_buffers() if n.endswith("layer_scalar")):
        buffer.copy_(1 + 0.3 * torch.randn(buffer.shape, generator=generator))
    if name in ("gemma4", "qwen3_5"):
        # Else rounding to float16, as llama.cpp does within products, is amplified.
        for parameter in (p for n, p in model.named_parameters() if ".layers." in n and p.ndim > 1):
            parameter.mul_(0.5)
    if name == "gemma4":
        # Likewise: scores are products of normed queries and keys as they are, and norms undo the factor above.
        for parameter in (p for n, p in model.named_parameters() if "q_norm" in n or ".post_" in n):
            parameter.mul_(0.5)
    stored = model
    if name in HALVES:
        # Matrices alone: the converter changes some vectors, and would do so in float16.
        stored = deepcopy(model)
        for parameter, own in zip(stored.parameters(), model.parameters()):
            if own.ndim > 1:
                parameter.data = own.half()
                own.copy_(parameter)
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    stored.save_pretrained(folder)
    style, pre = STYLES.get(name, ("smollm", "smollm"))
    make_tokenizer(style).save_pretrained(folder)
    rows = []
    for prompt_length, length in [(3, 12), (20, 30)]:
        prompt = torch.randint(3, 290, (prompt_length,), generator=generator).tolist()
        completion = torch.randint(3, 290, (length,), generator=generator).tolist()
        rows.append(
            {"promptIds": prompt, "completionIds": completion, "logProbs": completion_logprobs(model, prompt, completion)}
        )
    convert(folder, pre, folder / f"{name}.gguf", "MOSTLY_F16" if name in HALVES else "ALL_F32")
    if name in HALVES:
        for file in ("model.safetensors", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
            (folder / file).unlink()
    (folder / "expected.json").write_text(json.dumps(rows) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    llama_cpp = Path(sys.argv[1]).resolve()
    sys.path[:0] = [str(llama_cpp), str(llama_cpp / "gguf-py")]
    for name in sys.argv[2:] or MODELS:
        make(name)
