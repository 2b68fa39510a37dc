"""What TRL's SFTTrainer makes of recorded demonstrations: the reference that our supervised stages are checked against.

    python sft_training.py

Writes to fixtures/sft-training/:
  plain.jsonl, chat.jsonl  the demonstrations: TRL's columns prompt and completion, texts or messages
  cases.json               for each case its run config, the token ids and labels that TRL made of the rows, what it logged at each
                           optimizer step, and how far apart two right answers are
  CASE.safetensors         the weights after training

The trainer is TRL's own; only the order of the rows is not random.
"""

import json
import shutil
import tempfile
from pathlib import Path

import torch
from datasets import Dataset
from grpo_training import distance, snake_case
from safetensors.torch import load_file, save_file
from torch.utils.data import SequentialSampler
from transformers import PrinterCallback
from trl import SFTConfig, SFTTrainer

FIXTURES = Path(__file__).parent / "fixtures"
FOLDER = FIXTURES / "sft-training"
ROWS_PER_STEP, STEPS = 6, 6

TEXTS = [
    ("3 1 0 2", " 0 1 2 3"),
    ("Sort the digits: 9 8 7.", " 7 8 9"),
    ("17 + 25", "=42<|im_end|>"),  # ends already
    ("What is the answer?", " There is none, as nobody knows the question."),
    ("2 2 2", " 2 2 2"),
    ("Think step by step: 5 0 5 1", "\n0, 1, 5, 5\n"),
    ("1 0", " 0 1"),
    ("the digits 4 4 0 1 are", " 0 1 4 4"),
    ("What is 1 + 1?", "2"),  # a letter that may be one token with the prompt's last
    ("6 7", "8 is not among them"),
    ("a", "b"),
    ("The sum of 1, 2 and 3 is what a child of six can tell you, which is more than I can", " 6"),
]
ANSWERS = [
    [{"role": "assistant", "content": completion.removesuffix("<|im_end|>")}] for _, completion in TEXTS
]
ANSWERS[3] = [
    {"role": "assistant", "content": "Of what?"},
    {"role": "user", "content": "Of everything."},
    {"role": "assistant", "content": "42"},
]

BASE = dict(
    model="llama3-biased",
    data="plain",
    promptsPerStep=ROWS_PER_STEP,
    maxSteps=STEPS,
    gradientAccumulationSteps=1,
    learningRate=3e-3,
    lrSchedulerType="constant",
    warmupSteps=0,
    weightDecay=0.0,
    # Clips some steps and not others: AdamW hides the scale of a loss from the weights.
    maxGradNorm=5.0,
    maxLength=1024,
)
CASES = {
    "plain": {},
    "plain-qwen3": dict(model="qwen3"),
    # With TRL's epsilon, AdamW would take the signs of gradients that are nothing but rounding here.
    "chat": dict(data="chat", adamEpsilon=1e-5),
    "chat-qwen3": dict(model="qwen3", data="chat"),
    "accumulation": dict(gradientAccumulationSteps=3),
    "cut": dict(maxLength=14, promptsPerStep=4),
    "cosine-decay": dict(lrSchedulerType="cosine", warmupSteps=2, weightDecay=0.1),
    "linear-clip": dict(lrSchedulerType="linear", maxGradNorm=0.1),
    "adam": dict(adamBeta1=0.8, adamBeta2=0.95, adamEpsilon=1e-3),
}


def rows(data: str) -> list[dict]:
    if data == "plain":
        return [dict(prompt=prompt, completion=completion) for prompt, completion in TEXTS]
    asked = [[{"role": "user", "content": prompt}] for prompt, _ in TEXTS]
    asked[1] = [{"role": "system", "content": "Be brief."}, *asked[1]]
    return [dict(prompt=prompt, completion=answer) for prompt, answer in zip(asked, ANSWERS)]


class InOrder(SFTTrainer):
    def _get_train_sampler(self, dataset=None):
        return SequentialSampler(dataset if dataset is not None else self.train_dataset)


def train(config: dict, attention: str = "eager") -> tuple[dict[str, torch.Tensor], dict]:
    folder = FIXTURES / "models" / config["model"]
    same = snake_case({key: value for key, value in config.items() if key not in ("model", "data", "promptsPerStep")})
    with tempfile.TemporaryDirectory() as output_dir:
        args = SFTConfig(
            output_dir,
            **same,
            per_device_train_batch_size=config["promptsPerStep"] // config["gradientAccumulationSteps"],
            completion_only_loss=True,
            model_init_kwargs=dict(dtype="float32", attn_implementation=attention),
            optim="adamw_torch",
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        trainer = InOrder(str(folder), args=args, train_dataset=Dataset.from_list(rows(config["data"])))
        trainer.remove_callback(PrinterCallback)
        made = [dict(ids=row["input_ids"], labels=row["labels"]) for row in trainer.train_dataset]
        trainer.train()
    state = trainer.model.state_dict()
    weights = {name: state[name].contiguous().clone() for name in load_file(folder / "model.safetensors")}
    # The last entry of the history is a summary of the run.
    unsaid = {"epoch", "step", "step_time"}
    metrics = [{key: value for key, value in log.items() if key not in unsaid} for log in trainer.state.log_history[:-1]]
    return weights, {"rows": made, "metrics": metrics}


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for data in ["plain", "chat"]:
        lines = [json.dumps(row, ensure_ascii=False) for row in rows(data)]
        (FOLDER / f"{data}.jsonl").write_text("\n".join(lines) + "\n")
    results = {}
    for name, changes in CASES.items():
        config = BASE | changes
        start = load_file(FIXTURES / "models" / config["model"] / "model.safetensors")
        weights, logged = train(config)
        again, _ = train(config, attention="sdpa")
        noise = {"weights": distance(again, weights), "update": distance(again, weights, start)}
        save_file(weights, FOLDER / f"{name}.safetensors")
        results[name] = {"config": config, "noise": noise, **logged}
        print(name, noise, logged["metrics"][-1], flush=True)
    lines = [f"{json.dumps(name)}: {json.dumps(result, allow_nan=False)}" for name, result in results.items()]
    (FOLDER / "cases.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
