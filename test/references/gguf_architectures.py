"""Makes small random models of newer architectures, their GGUF files by llama.cpp's own converter, and what transformers computes with them.

    python gguf_architectures.py LLAMA.CPP [NAME...]      fixtures/gguf-models/NAME/, with NAME.gguf and expected.json in it

LLAMA.CPP is a checkout of https://github.com/ggml-org/llama.cpp (also vendor/llama.cpp in the source package of llama-cpp-python). Its converter
knows tokenizers by what they make of a text; it is told what ours are.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from make_models import SMALL, completion_logprobs, randomize
from tiny_tokenizers import make_tokenizer
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GraniteConfig,
    GraniteForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Olmo2Config,
    Olmo2ForCausalLM,
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
MODELS = {
    "gemma3": lambda: Gemma3ForCausalLM(Gemma3TextConfig(**{**SMALL, **WINDOWS})),
    "granite": lambda: GraniteForCausalLM(GraniteConfig(**SMALL, **MULTIPLIERS, tie_word_embeddings=True)),
    "mistral": lambda: MistralForCausalLM(MistralConfig(**SMALL, head_dim=16, sliding_window=None)),
    "olmo2": lambda: Olmo2ForCausalLM(Olmo2Config(**SMALL, tie_word_embeddings=False)),
    "smollm3": lambda: SmolLM3ForCausalLM(SmolLM3Config(**{**SMALL, "num_hidden_layers": 4}, tie_word_embeddings=True)),
}
# Of the tokenizer's words, and llama.cpp's name for them.
STYLES = {"granite": ("smollm", "refact"), "olmo2": ("llama3", "dbrx")}


def convert(folder: Path, pre: str, to: Path) -> None:
    import conversion
    import gguf

    model_class = conversion.get_model_class(json.loads((folder / "config.json").read_text())["architectures"][0])
    model_class.get_vocab_base_pre = lambda self, tokenizer: pre
    # Where there is no tokenizer.model, they read what is in tokenizer.json, whatever the architecture.
    model_class.set_vocab = lambda self: self._set_vocab_gpt2()
    with torch.inference_mode():
        model_class(folder, gguf.LlamaFileType.ALL_F32, to).write()


@torch.no_grad()
def make(name: str) -> None:
    generator = torch.Generator().manual_seed(7)
    model = MODELS[name]().eval()
    randomize(model, generator)
    if name == "gemma3":
        # Their norms' weights are differences from 1.
        for parameter in (p for n, p in model.named_parameters() if "norm" in n):
            parameter.sub_(1)
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    style, pre = STYLES.get(name, ("smollm", "smollm"))
    make_tokenizer(style).save_pretrained(folder)
    rows = []
    for prompt_length, length in [(3, 12), (20, 30)]:
        prompt = torch.randint(3, 290, (prompt_length,), generator=generator).tolist()
        completion = torch.randint(3, 290, (length,), generator=generator).tolist()
        rows.append(
            {"promptIds": prompt, "completionIds": completion, "logProbs": completion_logprobs(model, prompt, completion)}
        )
    convert(folder, pre, folder / f"{name}.gguf")
    (folder / "expected.json").write_text(json.dumps(rows) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    llama_cpp = Path(sys.argv[1]).resolve()
    sys.path[:0] = [str(llama_cpp), str(llama_cpp / "gguf-py")]
    for name in sys.argv[2:] or MODELS:
        make(name)
