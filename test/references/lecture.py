"""CS336's lecture on policy gradients (Stanford, Spring 2025, lecture 17) in PyTorch: the reference for the model of positions.

    python lecture.py model       writes ../../sample-workspace/lecture/model, the network that the lecture starts from (seed 5)
    python lecture.py fixtures    writes fixtures/lecture/, see below
    python lecture.py curves      prints the mean reward by epoch over seeds, to compare `grpo compare` with

Source: https://github.com/stanford-cs336/spring2025-lectures/blob/main/lecture_17.py, written fresh. It differs in two places: a ratio is
exp(log p - log p_old), where the lecture divides one log-probability by the other; and the KL penalty is a mean over tokens as the loss is,
where the lecture adds up those of a response, so that its coefficient is a third of ours.

fixtures/lecture/:
  rollouts.jsonl       responses and rewards of the first epochs, in the format of a run folder
  cases.json           for each case its run config, and the loss of each epoch's updates
  CASE.safetensors     the weights after those epochs
  expected.json        log-probabilities of the rollouts under the start model
"""

import json
import math
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

torch.set_num_threads(1)  # the tensors are tiny

HERE = Path(__file__).parent
MODEL = HERE.parent.parent / "sample-workspace" / "lecture" / "model"
FOLDER = HERE / "fixtures" / "lecture"

PROMPTS = torch.tensor([[1, 0, 2], [3, 2, 4], [1, 2, 3]])
VOCABULARY, DIM, LENGTH, RESPONSES, UPDATES, SEED = 5, 10, 3, 10, 10, 5
RECORDED_EPOCHS = 4


class PositionsModel(nn.Module):
    """Logits of each token of a response from the prompt alone."""

    def __init__(self) -> None:
        super().__init__()
        # In the lecture's order: the same seed draws the same numbers.
        self.embed_tokens = nn.Embedding(VOCABULARY, DIM)
        self.encode = nn.Parameter(torch.randn(LENGTH, DIM, DIM) / math.sqrt(DIM))
        self.decode = nn.Parameter(torch.randn(LENGTH, DIM, DIM) / math.sqrt(DIM))

    def forward(self, prompts: torch.Tensor) -> torch.Tensor:
        encoded = torch.einsum("bpd,pde->be", self.embed_tokens(prompts), self.encode)
        decoded = torch.einsum("be,ped->bpd", encoded, self.decode)
        return decoded @ self.embed_tokens.weight.T  # [prompts, LENGTH, VOCABULARY]

    def tensors(self) -> dict[str, torch.Tensor]:
        named = {"embed_tokens": self.embed_tokens.weight, "encode": self.encode, "decode": self.decode}
        return {f"model.{name}.weight": value.detach().clone() for name, value in named.items()}


def start(seed: int = SEED) -> PositionsModel:
    torch.manual_seed(seed)
    return PositionsModel()


def inclusion_ordering(prompt: list[int], response: list[int]) -> dict[str, int]:
    return {
        "inclusion": sum(number in response for number in prompt),
        "ordering": sum(a <= b for a, b in zip(response, response[1:])),
    }


def distance(prompt: list[int], response: list[int]) -> dict[str, int]:
    return {"distance": sum(a == b for a, b in zip(response, sorted(prompt)))}


def sample(model: PositionsModel) -> torch.Tensor:
    """[prompts, RESPONSES, LENGTH], drawn as the lecture draws them."""
    with torch.no_grad():
        probabilities = model(PROMPTS).softmax(-1).flatten(0, 1)
    drawn = torch.multinomial(probabilities, RESPONSES, replacement=True)
    return drawn.unflatten(0, (len(PROMPTS), LENGTH)).transpose(1, 2)


def log_probs(model: PositionsModel, responses: torch.Tensor) -> torch.Tensor:
    by_position = model(PROMPTS).log_softmax(-1).unsqueeze(1).expand(-1, responses.shape[1], -1, -1)
    return by_position.gather(-1, responses.unsqueeze(-1)).squeeze(-1)


def advantages(rewards: torch.Tensor, deltas: str) -> torch.Tensor:
    if deltas == "rewards":
        return rewards
    centered = rewards - rewards.mean(-1, keepdim=True)
    return centered if deltas == "centered" else centered / (rewards.std(-1, keepdim=True) + 1e-4)


def token_losses(loss: str, lp: torch.Tensor, old: torch.Tensor, advantage: torch.Tensor, epsilon: float):
    ratio = torch.exp(lp - old)
    match loss:
        case "reinforce":
            return -lp * advantage
        case "ratio":
            return -ratio * advantage
        case "grpo":
            return -torch.minimum(ratio * advantage, ratio.clamp(1 - epsilon, 1 + epsilon) * advantage)


def train(model, epochs, loss, deltas, beta=0.0, epsilon=0.01, reward=inclusion_ordering, recorded=None):
    """Yields each epoch's responses, rewards and losses. `recorded`: responses to learn from instead of sampling."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    reference = None
    for epoch in range(epochs):
        responses = sample(model) if recorded is None else recorded[epoch]
        rewards = torch.tensor(
            [[sum(reward(p, r).values()) for r in group] for p, group in zip(PROMPTS.tolist(), responses.tolist())],
            dtype=torch.float32,
        )
        advantage = advantages(rewards, deltas).unsqueeze(-1)
        with torch.no_grad():
            old = log_probs(model, responses)
            if epoch % 10 == 0:
                reference = {name: value.clone() for name, value in model.state_dict().items()}
            ref = old if beta == 0 else torch.func.functional_call(Scored(model), prefixed(reference), (responses,))
        losses = []
        for _ in range(UPDATES):
            lp = log_probs(model, responses)
            d = ref - lp
            total = (token_losses(loss, lp, old, advantage, epsilon) + beta * (torch.exp(d) - d - 1)).mean()
            optimizer.zero_grad()
            total.backward()
            optimizer.step()
            losses.append(total.item())
        yield responses, rewards, losses


class Scored(nn.Module):
    """`log_probs` as a module, to be called with other weights."""

    def __init__(self, model: PositionsModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, responses: torch.Tensor) -> torch.Tensor:
        return log_probs(self.model, responses)


def prefixed(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {f"model.{name}": value for name, value in state.items()}


def write_model() -> None:
    MODEL.mkdir(parents=True, exist_ok=True)
    config = {
        "architectures": ["PositionsModel"],
        "model_type": "positions",
        "dtype": "float32",
        "vocab_size": VOCABULARY,
        "hidden_size": DIM,
        "prompt_length": LENGTH,
        "response_length": LENGTH,
    }
    digits = {str(digit): digit for digit in range(VOCABULARY)}
    tokenizer = {
        "version": "1.0",
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": {"type": "Fuse"},
        "model": {"type": "BPE", "vocab": digits, "merges": []},
    }
    for name, value in [
        ("config.json", config),
        ("tokenizer.json", tokenizer),
        ("tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast"}),
    ]:
        (MODEL / name).write_text(json.dumps(value, indent=2) + "\n")
    save_file(start().tensors(), MODEL / "model.safetensors", metadata={"format": "pt"})


BASE = dict(
    promptsPerStep=3,
    numGenerations=RESPONSES,
    numIterations=UPDATES,
    maxSteps=RECORDED_EPOCHS,
    maxCompletionLength=LENGTH,
    learningRate=1e-3,
    lrSchedulerType="constant",
    maxGradNorm=0,
    shuffleDataset=False,
)
DELTAS = {
    "rewards": dict(baseline="none", scaleRewards="none"),
    "centered": dict(baseline="group", scaleRewards="none"),
    "normalized": dict(baseline="group", scaleRewards="group"),
}
CASES = {
    f"{loss}-{deltas}": dict(lossType=loss, **fields)
    for loss, deltas in [("reinforce", "rewards"), ("reinforce", "normalized"), ("ratio", "centered"), ("grpo", "normalized")]
    for fields in [dict(**DELTAS[deltas], epsilon=0.01)]
} | {"grpo-centered-kl": dict(lossType="grpo", **DELTAS["centered"], epsilon=0.2, beta=0.5, useBiasCorrectionKl=False)}


def write_fixtures() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    model = start()
    rows, recorded = [], []
    with torch.no_grad():
        under_start = model(PROMPTS).log_softmax(-1)
    for step, (responses, _, _) in enumerate(train(model, RECORDED_EPOCHS, "reinforce", "normalized"), start=1):
        recorded.append(responses)
        for group, (prompt, answers) in enumerate(zip(PROMPTS.tolist(), responses.tolist())):
            for answer in answers:
                rewards = inclusion_ordering(prompt, answer)
                rows.append(
                    {
                        "step": step,
                        "group": group,
                        "prompt": "".join(map(str, prompt)),
                        "prompt_ids": prompt,
                        "completion": "".join(map(str, answer)),
                        "completion_ids": answer,
                        "rewards": rewards,
                        "reward": sum(rewards.values()),
                        "length": LENGTH,
                        "truncated": False,
                    }
                )
    (FOLDER / "rollouts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    expected = [
        [under_start[row["group"], place, token].item() for place, token in enumerate(row["completion_ids"])]
        for row in rows
    ]
    (FOLDER / "expected.json").write_text(json.dumps(expected) + "\n")

    cases = {}
    for name, fields in CASES.items():
        loss, deltas = fields["lossType"], name.split("-")[1]
        model = start()
        steps = train(model, RECORDED_EPOCHS, loss, deltas, fields.get("beta", 0), fields["epsilon"], recorded=recorded)
        losses = [sum(losses) / len(losses) for _, _, losses in steps]
        cases[name] = {"config": {**BASE, **fields}, "losses": losses}
        save_file(model.tensors(), FOLDER / f"{name}.safetensors")
    (FOLDER / "cases.json").write_text(json.dumps(cases, indent=2) + "\n")


def print_curves(seeds: int = 6, epochs: int = 100) -> None:
    """From the lecture's start model, whose draws then differ from seed to seed."""
    for reward, losses, betas in [
        (inclusion_ordering, ["reinforce", "ratio", "grpo"], [0.0, 0.1]),
        (distance, ["reinforce"], [0.0]),
    ]:
        for loss in losses:
            for deltas in DELTAS:
                for beta in betas:
                    finals = []
                    for seed in range(seeds):
                        model = start()
                        torch.manual_seed(1000 + seed)
                        steps = train(model, epochs, loss, deltas, beta, reward=reward)
                        finals.append([rewards.mean().item() for _, rewards, _ in steps])
                    curve = torch.tensor(finals)
                    by_epoch = "  ".join(f"{curve[:, at].mean():.3f}" for at in [0, 9, 24, 49, epochs - 1])
                    last = curve[:, -10:].mean(1)
                    label = f"{reward.__name__} {loss} {deltas} beta={beta}"
                    print(f"{label:50} {by_epoch}   last 10: {last.mean():.3f} ± {last.std():.3f}", flush=True)


if __name__ == "__main__":
    {"model": write_model, "fixtures": write_fixtures, "curves": print_curves}[sys.argv[1]]()
