"""Makes small random models of architectures that only a unit test describes, and what transformers computes with them (`expected.json`).

    python new_architectures.py
"""

import json
import shutil
from pathlib import Path

import torch
from make_models import completion_logprobs, randomize
from transformers import GraniteConfig, GraniteForCausalLM, SmolLM3Config, SmolLM3ForCausalLM

FOLDER = Path(__file__).parent / "fixtures" / "new-architectures"
GREEDY_TOKENS = 24

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
MODELS = {
    "smollm3": lambda: SmolLM3ForCausalLM(SmolLM3Config(**SMALL)),
    "granite": lambda: GraniteForCausalLM(GraniteConfig(**SMALL, **MULTIPLIERS)),
}


@torch.no_grad()
def greedy(model, prompt_ids: list[int]) -> list[int]:
    ids = list(prompt_ids)
    for _ in range(GREEDY_TOKENS):
        best = model(torch.tensor([ids])).logits[0, -1].topk(2)
        assert best.values[0] - best.values[1] > 1e-3, "too close to call: take another seed"
        ids.append(best.indices[0].item())
    return ids[len(prompt_ids) :]


if __name__ == "__main__":
    for name, make in MODELS.items():
        generator = torch.Generator().manual_seed(7)
        model = make().eval()
        randomize(model, generator)
        folder = FOLDER / name
        shutil.rmtree(folder, ignore_errors=True)
        model.save_pretrained(folder)
        rows = []
        for prompt_length, length in [(3, 12), (20, 30)]:
            prompt = torch.randint(0, 64, (prompt_length,), generator=generator).tolist()
            completion = torch.randint(0, 64, (length,), generator=generator).tolist()
            logprobs = completion_logprobs(model, prompt, completion)
            rows.append(
                {"promptIds": prompt, "completionIds": completion, "logProbs": logprobs, "greedy": greedy(model, prompt)}
            )
        (folder / "expected.json").write_text(json.dumps(rows) + "\n")
