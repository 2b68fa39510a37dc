"""Random rope fields of config.json, in transformers' newer and older form, and the frequencies and factors that it makes of them.

    python rope.py

Writes fixtures/rope.json.
"""

import json
import random
from pathlib import Path

from transformers import LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

OUT = Path(__file__).parent / "fixtures" / "rope.json"
WIDTH = 16


def scaling(rng: random.Random) -> dict:
    def some(**fields):
        return {name: value for name, value in fields.items() if rng.random() < 0.5}

    factor = rng.choice([1.0, 2.0, 3.5, 8.0])
    factors = lambda: [round(rng.uniform(1, 9), 2) for _ in range(WIDTH // 2)]
    original = dict(original_max_position_embeddings=rng.choice([64, 256, 1024]))
    return rng.choice(
        [
            dict(rope_type="linear", factor=factor),
            dict(
                rope_type="yarn",
                factor=rng.choice([factor, None]),
                **some(**original, attention_factor=1.3, mscale=0.8, mscale_all_dim=0.4),
                **some(beta_fast=rng.choice([8.0, 16.0]), beta_slow=rng.choice([0.5, 2.0]), truncate=False),
            ),
            dict(
                rope_type="longrope",
                short_factor=factors(),
                long_factor=factors(),
                **some(**original, factor=factor, attention_factor=1.2),
            ),
            dict(rope_type="llama3", factor=factor, low_freq_factor=1.0, high_freq_factor=4.0, **some(**original)),
        ]
    )


def case(rng: random.Random) -> dict:
    rope, theta = scaling(rng), rng.choice([100.0, 10000.0, 500000.0])
    fields = dict(max_position_embeddings=2048)
    if rng.random() < 0.5:
        fields |= dict(rope_parameters={"rope_theta": theta, **rope})
    else:
        kind = rope.pop("rope_type")
        fields |= dict(rope_theta=theta, rope_scaling={rng.choice(["type", "rope_type"]): kind, **rope})
    if rng.random() < 0.3:
        fields |= dict(original_max_position_embeddings=128)
    # The config changes the fields that it is given.
    config = LlamaConfig(hidden_size=2 * WIDTH, num_attention_heads=2, **json.loads(json.dumps(fields)))
    frequencies, factor = ROPE_INIT_FUNCTIONS[config.rope_parameters["rope_type"]](config)
    return dict(fields=fields, frequencies=frequencies.tolist(), attentionFactor=factor)


if __name__ == "__main__":
    rng = random.Random(11)
    OUT.write_text(json.dumps([case(rng) for _ in range(60)]) + "\n")
