"""A user's own TRL script with our callback: what it records is checked by test/integration/trl.

    python trl_own_script.py MODEL_FOLDER CASE

In the working directory, with grpo_lab.py on the PYTHONPATH. CASE: `iterations` (two updates for each batch of rollouts, log entries every second
update), `accumulation` (two batches for each update), `raises` (a reward throws in the second step), `killed` (by itself in the second step), `resumes`
(trains two steps, then, in a second call of this script, two more), `other-trl` (as if the trainer had other methods).
"""

import os
import signal
import sys

import grpo_lab
from datasets import Dataset
from grpo_lab import GRPOLabCallback
from trl import GRPOConfig, GRPOTrainer
from trl_own_rewards import inclusion

folder, case = sys.argv[1:]
PROMPTS = [[3, 1, 0, 2], [9, 8, 7, 6], [5, 5, 1, 2], [4, 0, 4, 1], [2, 8, 3, 3], [7, 1, 9, 0]]
dataset = Dataset.from_list([{"prompt": f"Sort {' '.join(map(str, numbers))}:", "numbers": numbers} for numbers in PROMPTS])


def brief(completions, trainer_state, log_metric, **kwargs):
    if trainer_state.global_step >= 1 and case == "raises":
        raise ValueError("the judge is away")
    if trainer_state.global_step >= 1 and case == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    log_metric("shortest", min(map(len, completions)))
    return [None if len(completion) == 0 else -len(completion) / 20 for completion in completions]


if case == "other-trl":
    grpo_lab.WATCHED = ("_calculate_rewards", "_sample_and_score")

MORE = {
    "iterations": dict(num_iterations=2, max_steps=4, logging_steps=2),
    "accumulation": dict(gradient_accumulation_steps=2, steps_per_generation=1, max_steps=2, logging_steps=1),
    "resumes": dict(max_steps=4 if os.path.exists("output/checkpoint-2") else 2, save_steps=2, logging_steps=1),
}
trainer = GRPOTrainer(
    model=folder,
    reward_funcs=[inclusion, brief],
    train_dataset=dataset,
    args=GRPOConfig(
        "output",
        per_device_train_batch_size=8,
        num_generations=4,
        max_completion_length=8,
        reward_weights=[1.0, 0.5],
        bf16=False,
        report_to="none",
        disable_tqdm=True,
        **{"max_steps": 3, "logging_steps": 1, "save_strategy": "no" if case != "resumes" else "steps", **MORE.get(case, {})},
    ),
    callbacks=[GRPOLabCallback()],
)
trainer.train(resume_from_checkpoint=os.path.exists("output/checkpoint-2"))
