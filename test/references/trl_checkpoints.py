"""Checkpoints that TRL's GRPOTrainer writes, and what it makes of ours: test/integration/trl/checkpoints.test.ts compares both with our training.

    python trl_checkpoints.py CASES.json FOLDER

CASES.json has run configs by name, as in cases.json of grpo_training.py. In FOLDER, for each case:
  NAME/theirs/checkpoint-*   are written here: one after each step of a training on the recorded rollouts
  NAME/ours/checkpoint-*     is one of ours, from which TRL goes on to the last step, and saves a checkpoint after each
"""

import json
import sys
from pathlib import Path

from transformers import PrinterCallback
from transformers.trainer_utils import SaveStrategy
from transformers.training_args import OptimizerNames

from grpo_training import FIXTURES, RecordedRollouts, lora_config, trl_config

FOLDER = FIXTURES / "grpo-training"


def trainer(config: dict, output: Path) -> RecordedRollouts:
    rows = [json.loads(line) for line in (FOLDER / f"rollouts-{config['model']}.jsonl").read_text().splitlines()]
    args = trl_config(config, str(output), "eager")
    args.save_strategy = SaveStrategy.STEPS
    args.save_steps = config["numIterations"] * config["numMiniBatches"]
    args.warmup_steps *= args.save_steps
    args.optim = OptimizerNames.ADAMW_TORCH_FUSED  # the default of transformers
    made = RecordedRollouts(
        rows,
        model=str(FIXTURES / "models" / config["model"]),
        args=args,
        peft_config=lora_config(config["lora"]) if config.get("lora") else None,
    )
    made.remove_callback(PrinterCallback)
    return made


def main(cases: dict[str, dict], folder: Path) -> None:
    for name, config in cases.items():
        trainer(config, folder / name / "theirs").train()

        (ours,) = (folder / name / "ours").glob("checkpoint-*")
        resumed = trainer(config, folder / name / "ours")
        steps = int(ours.name.removeprefix("checkpoint-")) // resumed.args.save_steps
        # What it is given is checked against the prompts that TRL asks for.
        resumed.batches = resumed.batches[steps:]
        resumed.train(resume_from_checkpoint=str(ours))


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
