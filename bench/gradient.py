"""All gradients of one GRPO update by PyTorch, and how far ours are from them.

    python gradient.py prepare MODEL FOLDER --passage TEXT --prompts P --generations G --prompt-tokens N --tokens M
    python gradient.py compare FOLDER CHECKPOINT SCALE

`prepare` writes a float32 copy of the model (a Hugging Face folder or a .gguf file) and completions to learn from into the folder;
`compare` takes the gradient of their loss, and that of ours from a checkpoint: each weight has moved by SCALE times its gradient.
Prints a line of JSON.
"""

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from safetensors import safe_open
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils.logging import disable_progress_bar


def prepare(args: argparse.Namespace) -> None:
    model = Path(args.model)
    source = (model.parent, dict(gguf_file=model.name)) if model.suffix == ".gguf" else (model, {})
    tokenizer = AutoTokenizer.from_pretrained(source[0], **source[1])
    network = AutoModelForCausalLM.from_pretrained(source[0], **source[1], dtype=torch.float32)
    if source[1]:
        # The weights are float32 numbers now, but transformers would not save what it has read from a .gguf file.
        network.hf_quantizer = None
        del network.config.quantization_config
    network.save_pretrained(args.folder / "model")
    tokenizer.save_pretrained(args.folder / "model")

    words = tokenizer(Path(args.passage).read_text(), add_special_tokens=False)["input_ids"]

    def cut(start: int, length: int) -> list[int]:
        return [words[(start + i) % len(words)] for i in range(length)]

    with open(args.folder / "rollouts.jsonl", "w") as file:
        for row in range(args.prompts * args.generations):
            prompt = row // args.generations
            rollout = dict(
                step=1,
                group=prompt,
                prompt_ids=cut(37 * prompt, args.prompt_tokens),
                completion_ids=cut(37 * prompt + args.prompt_tokens + 11 * (row % args.generations), args.tokens),
                completion="",
                # Uneven, and otherwise so in each group.
                rewards={"reward": (7 * row + prompt) % 9 / 8},
            )
            file.write(json.dumps(rollout) + "\n")


def gradients(model, rows: list[dict], generations: int) -> tuple[float, dict[str, torch.Tensor]]:
    """DAPO's loss where the policy has just sampled: every ratio is 1, and its gradient that of the log-probability."""
    rewards = torch.tensor([row["rewards"]["reward"] for row in rows]).view(-1, generations)
    advantages = (rewards - rewards.mean(1, keepdim=True)) / (rewards.std(1, keepdim=True) + 1e-4)
    total = sum(len(row["completion_ids"]) for row in rows)
    sum_of_losses = 0.0
    for row, advantage in zip(rows, advantages.flatten()):
        ids = torch.tensor([row["prompt_ids"] + row["completion_ids"]])
        length = len(row["completion_ids"])
        logits = model(ids[:, :-1], logits_to_keep=length, use_cache=False).logits[0]
        log_probs = logits.log_softmax(-1).gather(1, ids[0, -length:, None])[:, 0]
        loss = -(advantage * (log_probs - log_probs.detach()).exp()).sum() / total
        loss.backward()
        sum_of_losses += float(loss.detach())
    return sum_of_losses, {name: value.grad for name, value in model.named_parameters()}


def compare(args: argparse.Namespace) -> None:
    rows = [json.loads(line) for line in (args.folder / "rollouts.jsonl").read_text().splitlines()]
    generations = sum(row["group"] == 0 for row in rows)
    model = AutoModelForCausalLM.from_pretrained(args.folder / "model", dtype=torch.float32).eval()
    loss, theirs = gradients(model, rows, generations)
    tensors, squares = {}, 0.0
    with torch.no_grad(), safe_open(args.checkpoint / "model.safetensors", "pt") as moved:
        for name, start in model.named_parameters():
            ours = (start.double() - moved.get_tensor(name).double()) / args.scale
            gradient = theirs[name].double()
            norm = float(gradient.norm())
            squares += norm**2
            tensors[name] = dict(norm=norm, error=float((ours - gradient).norm()) / norm if norm > 0 else float(ours.norm()))
    print(json.dumps(dict(loss=loss, grad_norm=squares**0.5, tensors=tensors)))


def main() -> None:
    disable_progress_bar()
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    making = commands.add_parser("prepare")
    making.add_argument("model")
    making.add_argument("folder", type=Path)
    making.add_argument("--passage", required=True)
    for name in ["prompts", "generations", "prompt-tokens", "tokens"]:
        making.add_argument(f"--{name}", type=int, required=True)
    making.set_defaults(run=prepare)
    comparing = commands.add_parser("compare")
    comparing.add_argument("folder", type=Path)
    comparing.add_argument("checkpoint", type=Path)
    comparing.add_argument("scale", type=float)
    comparing.set_defaults(run=compare)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
