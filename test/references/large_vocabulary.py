"""What PyTorch makes of three GRPO steps with a vocabulary of a real size, on some 4,000 tokens each.

    python large_vocabulary.py

Writes fixtures/large-vocabulary.json. Only such sizes are shared out among threads, and only repeated tokens make them meet. Weights, tokens
and rewards are formulas, which test/integration/training/large-vocabulary.ts has too; of each tensor's update the fixture keeps the norm and
projections on random signs: their distance to ours tells how far the updates are apart (Johnson and Lindenstrauss), without 49,152 rows.
"""

import json
from pathlib import Path

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM

FIXTURE = Path(__file__).parent / "fixtures" / "large-vocabulary.json"
STEPS, PROMPTS, GENERATIONS, PROMPT_TOKENS = 3, 8, 4, 500
PROJECTIONS = 16
MODEL = dict(
    architectures=["LlamaForCausalLM"],
    model_type="llama",
    vocab_size=49152,
    hidden_size=128,
    intermediate_size=48,
    num_hidden_layers=1,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=32,
    max_position_embeddings=1024,
    rms_norm_eps=1e-6,
    rope_parameters=dict(rope_type="default", rope_theta=10000.0),
    tie_word_embeddings=False,
    bos_token_id=None,
    eos_token_id=2,
    pad_token_id=0,
    hidden_act="silu",
    dtype="float32",
)
# With so large an epsilon AdamW moves weights by their gradients, not by the signs of these.
TRAINING = dict(learningRate=30.0, adamEpsilon=1.0, maxGradNorm=0.05)


def hashes(seed: int, count: int) -> np.ndarray:
    """MurmurHash3's finaliser of seed + 0, 1, 2, ..."""
    h = (np.arange(count, dtype=np.uint64) + seed * 0x9E3779B9) & 0xFFFFFFFF
    h ^= h >> 16
    h = h * 0x85EBCA6B & 0xFFFFFFFF
    h ^= h >> 13
    h = h * 0xC2B2AE35 & 0xFFFFFFFF
    return h ^ (h >> 16)


def uniforms(seed: int, count: int) -> np.ndarray:
    return (hashes(seed, count) >> 8) / 2**24


def weights(seed: int, shape: tuple[int, ...]) -> torch.Tensor:
    values = uniforms(seed, int(np.prod(shape))) - 0.5
    # Norms' weights are about 1; all else is scaled by the number of inputs, as far as a power of two goes.
    values = 1 + values / 2 if len(shape) == 1 else values * 2.0 ** -np.floor(np.log2(shape[1]) / 2 - 1)
    return torch.tensor(values.reshape(shape), dtype=torch.float32)


def tokens(seed: int, count: int) -> list[int]:
    """Seven of eight are among six common ones, the padding token among these."""
    common, rare = uniforms(seed, count), uniforms(seed + 1, count)
    ids = np.where(hashes(seed + 2, count) % 8 > 0, np.floor(common * 6), np.floor(rare * MODEL["vocab_size"]))
    return [int(one) for one in ids]


def rollouts(step: int) -> list[dict]:
    rows = []
    for row in range(PROMPTS * GENERATIONS):
        prompt, seed = row // GENERATIONS, 1000 * (100 * step + row)
        rows.append(
            dict(
                prompt_ids=tokens(500_000 + 1000 * (100 * step + prompt), PROMPT_TOKENS),
                completion_ids=tokens(seed, 8 + int(hashes(seed + 3, 1)[0] % 9)),
                reward=int(hashes(seed + 4, 1)[0] % 9) / 8,
            )
        )
    return rows


def loss_of(model: LlamaForCausalLM, rows: list[dict]) -> torch.Tensor:
    """DAPO's loss where the policy has just sampled: every ratio is 1, and its gradient that of the log-probability."""
    rewards = torch.tensor([row["reward"] for row in rows]).view(PROMPTS, GENERATIONS)
    advantages = (rewards - rewards.mean(1, keepdim=True)) / (rewards.std(1, keepdim=True) + 1e-4)
    total = sum(len(row["completion_ids"]) for row in rows)
    loss = torch.zeros(())
    for row, advantage in zip(rows, advantages.flatten()):
        ids = torch.tensor([row["prompt_ids"] + row["completion_ids"]])
        length = len(row["completion_ids"])
        logits = model(ids[:, :-1], logits_to_keep=length).logits[0]
        log_probs = logits.log_softmax(-1).gather(1, ids[0, -length:, None])[:, 0]
        loss = loss - (advantage * (log_probs - log_probs.detach()).exp()).sum() / total
    return loss


def projections(index: int, update: torch.Tensor) -> list[float]:
    flat = update.double().flatten().numpy()
    return [float(np.sum(np.where(hashes(10_000 + 100 * index + k, flat.size) & 1, flat, -flat))) for k in range(PROJECTIONS)]


def main() -> None:
    config = {key: value for key, value in MODEL.items() if key not in ("architectures", "model_type", "dtype")}
    model = LlamaForCausalLM(LlamaConfig(**config, attn_implementation="eager"))
    names = [name for name, _ in model.named_parameters()]
    with torch.no_grad():
        for index, parameter in enumerate(model.parameters()):
            parameter.copy_(weights(index + 1, tuple(parameter.shape)))
    start = {name: value.detach().clone() for name, value in model.named_parameters()}
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=TRAINING["learningRate"], eps=TRAINING["adamEpsilon"], weight_decay=0.0
    )
    metrics = []
    for step in range(1, STEPS + 1):
        rows = rollouts(step)
        loss = loss_of(model, rows)
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), TRAINING["maxGradNorm"])
        optimizer.step()
        metrics.append(dict(loss=float(loss.detach()), grad_norm=float(norm)))
    tensors = {}
    for index, name in enumerate(names):
        update = model.get_parameter(name).detach().double() - start[name].double()
        tensors[name] = dict(norm=float(update.norm()), projections=projections(index, update))
        print(f"{name:50} {list(update.shape)} moved {float(update.norm() / start[name].norm()):.1e}")
    print(metrics)
    result = dict(model=MODEL, training=TRAINING, metrics=metrics, tensors=tensors)
    FIXTURE.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
