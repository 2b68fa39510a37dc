"""Output folders of TRL's GRPOTrainer, as a script that never heard of this project leaves them.

    python trl_folder.py [CASE...]

Writes to fixtures/trl-folder/CASE/ what `grpo import` reads: `completions/*.parquet`, `trainer_state.json` of the checkpoints, and, where the
package `tensorboard` is installed, the event file. Weights are left out.
"""

import importlib.util
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, GRPOTrainer

FIXTURES = Path(__file__).parent / "fixtures" / "trl-folder"
SAMPLES = Path(__file__).parents[2] / "sample-workspace"
CHAT_TEMPLATE = "{% for message in messages %}{{ message['content'] }} {% endfor %}"
ROWS = [json.loads(line) for line in (SAMPLES / "data/sort.train.jsonl").read_text().splitlines()[:6]]

CASES = {
    "sort": dict(max_steps=6, save_steps=4),
    "chat": dict(max_steps=3, save_steps=3, reward_weights=[2.0, 0.5]),
    # One batch of completions serves two steps, and step 2 is evaluated.
    "evaluated": dict(max_steps=4, save_steps=4, num_iterations=2, eval_strategy="steps", eval_steps=2),
}


def text_of(completion):
    return completion if isinstance(completion, str) else completion[-1]["content"]


def numbers_in(completion):
    return [int(word) for word in re.findall(r"\d+", text_of(completion))]


def inclusion(completions, numbers, log_extra=None, **kwargs):
    if log_extra:
        log_extra("wanted", [" ".join(map(str, sorted(row))) for row in numbers])
    return [float(sum(min(numbers_in(c).count(n), row.count(n)) for n in set(row))) for c, row in zip(completions, numbers)]


def ordering(completions, **kwargs):
    """Abstains where there is nothing to compare."""
    found = [numbers_in(completion) for completion in completions]
    return [float(sum(a <= b for a, b in zip(row, row[1:]))) if len(row) > 1 else None for row in found]


def train(name, folder):
    settings = CASES[name]
    tokenizer = AutoTokenizer.from_pretrained(SAMPLES / "models/tiny-sort")
    model = AutoModelForCausalLM.from_pretrained(SAMPLES / "models/tiny-sort")
    prompts = [row["prompt"] for row in ROWS]
    if name == "chat":
        tokenizer.chat_template = CHAT_TEMPLATE
        prompts = [[{"role": "user", "content": prompt}] for prompt in prompts]
    rows = Dataset.from_dict({"prompt": prompts, "numbers": [row["numbers"] for row in ROWS]})
    config = dict(
        output_dir=str(folder),
        per_device_train_batch_size=8,
        num_generations=4,
        max_completion_length=12,
        learning_rate=1e-4,
        logging_steps=1,
        log_completions=True,
        num_completions_to_print=0,
        report_to=["tensorboard"] if importlib.util.find_spec("tensorboard") else [],
        use_cpu=True,
        bf16=False,
        seed=7,
        save_only_model=True,
    ) | settings
    trainer = GRPOTrainer(
        model=model,
        processing_class=tokenizer,
        reward_funcs=[inclusion, ordering],
        args=GRPOConfig(**config),
        train_dataset=rows,
        eval_dataset=rows.select(range(2)) if "eval_steps" in settings else None,
    )
    trainer.train()


def keep(folder, fixture):
    shutil.rmtree(fixture, ignore_errors=True)
    for pattern in ("completions/*.parquet", "checkpoint-*/trainer_state.json", "**/events.out.tfevents.*"):
        for file in sorted(folder.glob(pattern)):
            place = fixture / file.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)


def main():
    for name in sys.argv[1:] or CASES:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / name
            train(name, folder)
            print(*sorted(str(path.relative_to(folder)) for path in folder.rglob("*")), sep="\n")
            keep(folder, FIXTURES / name)


if __name__ == "__main__":
    main()
