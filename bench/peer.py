"""One GRPO step of TRL and PyTorch on the CPU, measured by phase: what our own step is compared to.

    python peer.py --model FOLDER --dataset PROMPTS.jsonl [--steps N] [--json]
    python peer.py --model FOLDER --dataset PROMPTS.jsonl --serve

Completions have given lengths, so that every step is the same work. No gradient checkpointing, all completions in one
micro-batch, in float32: TRL's fastest way that computes what we compute, unless the options say otherwise.

With --serve it says what it trains, takes one training step for each line `step` that it reads, and answers with that
step's phases as a line of JSON, once it is ready for the next. So another program can take turns with it on one machine.
"""

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from datasets import Dataset
from transformers import PrinterCallback, TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from forced_lengths import force_lengths

WARM_UP_STEPS = 1


def reward(completion_ids, **_) -> list[float]:
    """Costs nothing and differs between completions, so that there is a gradient to compute."""
    return [sum(ids) % 10 / 10 for ids in completion_ids]


class TimedTrainer(GRPOTrainer):
    """TRL's trainer with a clock on the methods that make up a step."""

    # Those that the completions of a step must have.
    lengths: list[int]
    seconds: defaultdict[str, float]
    prompt_lengths: list[int]
    completion_lengths: list[int]

    def trainable_parameters(self) -> int:
        return sum(parameter.numel() for parameter in self.model.parameters() if parameter.requires_grad)

    def start_clock(self) -> None:
        self.seconds = defaultdict(float)
        self.started = time.perf_counter()

    def timed(self, phase: str, function, *args, **kwargs):
        start = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            self.seconds[phase] += time.perf_counter() - start

    def phases(self) -> dict:
        """The step that ends now. Forward, backward, clipping and optimizer are what is left without the preparation."""
        step = time.perf_counter() - self.started
        return {
            "rollout": {"seconds": self.seconds["rollout"], "tokens": sum(self.completion_lengths)},
            "score": {"seconds": self.seconds["score"]},
            "logprobs": {"seconds": self.seconds["logprobs"]},
            "update": {"seconds": step - self.seconds["preparation"]},
            "step": {"seconds": step},
            "peak_rss_bytes": peak_rss_bytes(),
            "prompt_lengths": self.prompt_lengths,
            "completion_lengths": self.completion_lengths,
        }

    def _prepare_inputs(self, *args):
        return self.timed("preparation", super()._prepare_inputs, *args)

    def _generate_single_turn(self, prompt_ids, *args, **kwargs):
        completion_ids, logprobs = self.timed("rollout", super()._generate_single_turn, prompt_ids, *args, **kwargs)
        self.prompt_lengths = [len(ids) for ids in prompt_ids[:: self.num_generations]]
        self.completion_lengths = [len(ids) for ids in completion_ids]
        assert self.completion_lengths == self.lengths, "a completion has another length than it was given"
        return completion_ids, logprobs

    def _calculate_rewards(self, *args):
        return self.timed("score", super()._calculate_rewards, *args)

    def _get_per_token_logps_and_entropies(self, *args, **kwargs):
        # With gradients it is the update's own forward pass; without, that of the old or the reference policy.
        phase = "update's forward" if torch.is_grad_enabled() else "logprobs"
        return self.timed(phase, super()._get_per_token_logps_and_entropies, *args, **kwargs)


class Steps(TrainerCallback):
    """Tells when a step may begin and what it took."""

    def __init__(self, begin, end):
        self.begin, self.end = begin, end
        self.trainer: TimedTrainer | None = None

    def on_step_begin(self, *_, **__):
        self.begin()
        self.trainer.start_clock()

    def on_step_end(self, *_, **__):
        self.end(self.trainer.phases())


def peak_rss_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def medians(steps: list[dict]) -> dict:
    phases = {
        phase: {key: statistics.median(step[phase][key] for step in steps) for key in steps[0][phase]}
        for phase in ["rollout", "score", "logprobs", "update", "step"]
    }
    return {**phases, "peak_rss_bytes": steps[-1]["peak_rss_bytes"]}


def adapter(rank: int):
    from peft import LoraConfig

    return LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", lora_dropout=0.0, task_type="CAUSAL_LM")


def make_trainer(options: argparse.Namespace, output_dir: str, max_steps: int, steps: Steps) -> TimedTrainer:
    lines = Path(options.dataset).read_text().splitlines()
    prompts = [{"prompt": json.loads(line)["prompt"]} for line in lines if line.strip()]
    prompts *= -(-options.prompts // len(prompts))
    rows = options.prompts * options.generations
    lengths = [int(length) for length in options.lengths.split(",")] if options.lengths else [options.tokens] * rows
    args = GRPOConfig(
        output_dir,
        max_steps=max_steps,
        num_generations=options.generations,
        per_device_train_batch_size=rows // options.micro_batches,
        gradient_accumulation_steps=options.micro_batches,
        max_completion_length=max(lengths),
        generation_kwargs=None if options.lengths else {"min_new_tokens": options.tokens},
        model_init_kwargs={"dtype": "bfloat16" if options.precision == "bfloat16" else "float32"},
        beta=options.beta,
        learning_rate=options.learning_rate,
        lr_scheduler_type="constant",
        shuffle_dataset=False,
        use_cpu=True,
        bf16=options.precision == "autocast",
        gradient_checkpointing=False,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )
    trainer = TimedTrainer(
        model=options.model,
        reward_funcs=reward,
        args=args,
        train_dataset=Dataset.from_list(prompts),
        callbacks=[steps],
        peft_config=adapter(options.lora) if options.lora else None,
    )
    trainer.remove_callback(PrinterCallback)
    trainer.lengths = lengths
    if options.lengths:
        force_lengths(trainer.accelerator.unwrap_model(trainer.model), lengths, trainer.eos_token_ids)
    steps.trainer = trainer
    return trainer


def measure(options: argparse.Namespace, output_dir: str, out) -> None:
    taken: list[dict] = []
    steps = Steps(begin=lambda: None, end=taken.append)
    make_trainer(options, output_dir, WARM_UP_STEPS + options.steps, steps).train()
    result = medians(taken[WARM_UP_STEPS:])
    if options.json:
        print(json.dumps(result), file=out)
        return
    for phase in ["rollout", "score", "logprobs", "update", "step"]:
        print(f"{phase:10} {result[phase]['seconds']:8.3f} s", file=out)
    print(f"peak RSS   {result['peak_rss_bytes'] / 2**20:8.0f} MiB", file=out)


def serve(options: argparse.Namespace, output_dir: str, out) -> None:
    say = ""
    waiting_cpu = 0.0

    def wait() -> None:
        """Answers only here, so that the trainer's work between two steps is done before another program's turn."""
        nonlocal waiting_cpu
        print(say, file=out, flush=True)
        start = time.process_time()
        if sys.stdin.readline().strip() != "step":
            raise SystemExit
        waiting_cpu = time.process_time() - start

    def keep(phases: dict) -> None:
        nonlocal say
        say = json.dumps({**phases, "waiting_cpu_seconds": waiting_cpu})

    trainer = make_trainer(options, output_dir, 10**6, Steps(wait, keep))
    say = json.dumps({"trainable_parameters": trainer.trainable_parameters()})
    trainer.train()


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures a GRPO step of TRL on the CPU.")
    parser.add_argument("--model", required=True, help="a Hugging Face model folder")
    parser.add_argument("--dataset", required=True, help="JSON Lines with `prompt`")
    parser.add_argument("--prompts", type=int, default=4, help="prompts per step")
    parser.add_argument("--generations", type=int, default=8, help="completions per prompt")
    parser.add_argument("--tokens", type=int, default=64, help="length of every completion")
    parser.add_argument("--lengths", help="instead: a length for each completion of a step, N,N,...")
    parser.add_argument("--precision", choices=["float32", "bfloat16", "autocast"], default="float32")
    parser.add_argument("--micro-batches", type=int, default=1, help="parts of a step that gradients are computed for")
    parser.add_argument("--steps", type=int, default=5, help="steps to take the medians of, after one to warm up")
    parser.add_argument("--beta", type=float, default=0.04, help="weight of the KL divergence; 0: no reference model")
    parser.add_argument("--learning-rate", type=float, default=1e-6)
    parser.add_argument("--lora", type=int, help="train an adapter of this rank instead of all weights")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument("--serve", action="store_true", help="take one step for each line `step` on standard input")
    options = parser.parse_args()
    # Whatever the libraries print goes to standard error; standard output is ours.
    out, sys.stdout = sys.stdout, sys.stderr
    with tempfile.TemporaryDirectory() as output_dir:
        (serve if options.serve else measure)(options, output_dir, out)


if __name__ == "__main__":
    main()
