"""Makes small random models that take images as well, and what transformers computes with texts alone.

    python multimodal.py [NAME...]      fixtures/multimodal/NAME, with expected.json
    python multimodal.py --open FOLDER  prints the log-probabilities of what a checkpoint of ours makes of such a model, as JSON; rows come on stdin
    python multimodal.py --defaults     prints, as JSON, what transformers takes for sizes that the config of a language model does not have
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from make_models import completion_logprobs, randomize
from peft import PeftConfig, PeftModel
from transformers import (
    CONFIG_MAPPING,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    Gemma3Config,
    Gemma3ForConditionalGeneration,
    Gemma4Config,
    Gemma4ForConditionalGeneration,
    Idefics3Config,
    Idefics3ForConditionalGeneration,
    Mistral3Config,
    Mistral3ForConditionalGeneration,
    Qwen3_5Config,
    Qwen3_5ForConditionalGeneration,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
    SmolVLMConfig,
    SmolVLMForConditionalGeneration,
)

FOLDER = Path(__file__).parent / "fixtures" / "multimodal"
TEXT = dict(
    vocab_size=64,
    hidden_size=16,
    intermediate_size=24,
    num_hidden_layers=3,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=128,
    bos_token_id=None,
    pad_token_id=None,
    eos_token_id=None,
)
VISION = dict(hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2, image_size=8, patch_size=4)
QWEN_VISION = dict(depth=1, hidden_size=8, intermediate_size=8, num_heads=2, patch_size=4, out_hidden_size=16)
SECTIONS = dict(rope_type="default", rope_theta=1000.0, mrope_section=[2, 1, 1])

MODELS = {
    "gemma3": lambda: Gemma3ForConditionalGeneration(
        Gemma3Config(
            text_config=dict(**TEXT, head_dim=8, sliding_window=7, layer_types=["sliding_attention", "full_attention", "sliding_attention"]),
            vision_config=VISION,
            mm_tokens_per_image=4,
            image_token_index=60,
        )
    ),
    "gemma4": lambda: Gemma4ForConditionalGeneration(
        Gemma4Config(
            text_config=dict(
                **{**TEXT, "pad_token_id": 0},
                head_dim=8,
                global_head_dim=12,
                layer_types=["sliding_attention", "full_attention", "full_attention"],
                sliding_window=7,
                num_kv_shared_layers=1,
                hidden_size_per_layer_input=4,
                vocab_size_per_layer_input=64,
                final_logit_softcapping=3.0,
                use_bidirectional_attention="vision",
            ),
            vision_config=dict(
                hidden_size=8,
                intermediate_size=8,
                num_hidden_layers=1,
                num_attention_heads=2,
                num_key_value_heads=2,
                head_dim=4,
                patch_size=4,
                position_embedding_size=16,
                pooling_kernel_size=1,
            ),
            image_token_id=60,
            video_token_id=61,
            audio_token_id=62,
        )
    ),
    "idefics3": lambda: Idefics3ForConditionalGeneration(
        Idefics3Config(
            text_config=dict(**TEXT, model_type="llama"), vision_config=VISION, image_token_id=60, scale_factor=2
        )
    ),
    "mistral3": lambda: Mistral3ForConditionalGeneration(
        Mistral3Config(
            text_config=dict(**TEXT, model_type="mistral", head_dim=8, sliding_window=None),
            vision_config=dict(**VISION, model_type="pixtral", head_dim=4),
            image_token_index=60,
            tie_word_embeddings=False,
        )
    ),
    "ministral3": lambda: Mistral3ForConditionalGeneration(
        Mistral3Config(
            text_config=dict(
                **TEXT,
                model_type="ministral3",
                head_dim=8,
                sliding_window=None,
                rope_parameters=dict(
                    rope_type="yarn",
                    rope_theta=100.0,
                    factor=8.0,
                    original_max_position_embeddings=16,
                    mscale=1.0,
                    mscale_all_dim=1.0,
                    llama_4_scaling_beta=0.4,
                ),
            ),
            vision_config=dict(**VISION, model_type="pixtral", head_dim=4),
            image_token_index=60,
            tie_word_embeddings=True,
        )
    ),
    "qwen3.5": lambda: Qwen3_5ForConditionalGeneration(
        Qwen3_5Config(
            text_config=dict(
                **TEXT,
                head_dim=8,
                layer_types=["linear_attention", "full_attention", "linear_attention"],
                linear_key_head_dim=6,
                linear_value_head_dim=4,
                linear_num_key_heads=2,
                linear_num_value_heads=4,
                rope_parameters=dict(**SECTIONS, mrope_interleaved=True, partial_rotary_factor=0.5),
            ),
            vision_config=dict(**QWEN_VISION, num_position_embeddings=16),
            image_token_id=60,
            video_token_id=61,
            vision_start_token_id=62,
            vision_end_token_id=63,
            tie_word_embeddings=True,
        )
    ),
    "qwen2.5-vl": lambda: Qwen2_5_VLForConditionalGeneration(
        Qwen2_5_VLConfig(
            text_config=dict(**TEXT, rope_parameters=dict(**{**SECTIONS, "mrope_section": [1, 1, 0]})),
            vision_config=dict(**QWEN_VISION, fullatt_block_indexes=[0], window_size=8),
            image_token_id=60,
            video_token_id=61,
            vision_start_token_id=62,
            vision_end_token_id=63,
            tie_word_embeddings=True,
        )
    ),
    "qwen3-vl": lambda: Qwen3VLForConditionalGeneration(
        Qwen3VLConfig(
            text_config=dict(**TEXT, head_dim=8, rope_parameters=dict(**SECTIONS, mrope_interleaved=True)),
            vision_config=dict(**QWEN_VISION, deepstack_visual_indexes=[0], num_position_embeddings=16),
            image_token_id=60,
            video_token_id=61,
            vision_start_token_id=62,
            vision_end_token_id=63,
        )
    ),
    "smolvlm": lambda: SmolVLMForConditionalGeneration(
        SmolVLMConfig(
            text_config=dict(**TEXT, model_type="llama"), vision_config=VISION, image_token_id=60, scale_factor=2
        )
    ),
}


def make(name: str) -> None:
    generator = torch.Generator().manual_seed(7)
    model = MODELS[name]().eval()
    text = getattr(model.model, "language_model", None) or model.model.text_model
    randomize(text, generator)
    if model.lm_head.weight is not text.embed_tokens.weight:
        with torch.no_grad():
            model.lm_head.weight.copy_(0.5 * torch.randn(model.lm_head.weight.shape, generator=generator))
    if name in ("gemma3", "qwen3.5"):
        # Their norms' weights are differences from 1.
        with torch.no_grad():
            for parameter in (p for n, p in text.named_parameters() if "norm" in n and "linear_attn" not in n):
                parameter.sub_(1)
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    rows = []
    for prompt_length, length in [(3, 12), (20, 30)]:
        prompt = torch.randint(0, 60, (prompt_length,), generator=generator).tolist()
        completion = torch.randint(0, 60, (length,), generator=generator).tolist()
        logprobs = completion_logprobs(model, prompt, completion)
        rows.append({"promptIds": prompt, "completionIds": completion, "logProbs": logprobs})
    (folder / "expected.json").write_text(json.dumps(rows) + "\n")


def opened(folder: Path):
    """A folder of the text part, or an adapter on the whole model, as a user opens it."""
    if not (folder / "adapter_config.json").exists():
        return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    base = PeftConfig.from_pretrained(folder).base_model_name_or_path
    kind = AutoModelForCausalLM if "gemma" in base else AutoModelForImageTextToText
    model = PeftModel.from_pretrained(kind.from_pretrained(base, dtype=torch.float32), folder)
    elsewhere = [n for n, _ in model.named_parameters() if "lora_" in n and not ("language_model" in n or "text_model" in n)]
    assert not elsewhere, elsewhere
    return model


def defaults() -> dict[str, dict]:
    sizes = [name for name in TEXT if not name.endswith("token_id")] + ["head_dim"]
    types = ["gemma3_text", "llama", "ministral3", "mistral", "qwen3_5_text"]
    configs = {name: CONFIG_MAPPING[name]() for name in types}
    return {name: {size: getattr(config, size) for size in sizes} for name, config in configs.items()}


if __name__ == "__main__":
    torch.set_num_threads(1)
    if sys.argv[1:] == ["--defaults"]:
        print(json.dumps(defaults()))
        sys.exit()
    if sys.argv[1:2] == ["--open"]:
        model = opened(Path(sys.argv[2])).eval()
        rows = json.load(sys.stdin)
        logprobs = [completion_logprobs(model, row["promptIds"], row["completionIds"]) for row in rows]
        print(json.dumps({"class": type(model).__name__, "logProbs": logprobs}))
    else:
        for name in sys.argv[1:] or MODELS:
            make(name)
