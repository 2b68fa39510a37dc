"""Trains folders that `grpo export trl` wrote, one after the other, in one process, so that torch is imported once.

    python trl_parity.py FOLDER...

Each folder's train.py is run as it is: TRL samples, scores and updates. What would be random and is not in its record is made known: the
adapter that training starts from goes to output/start/, and a batch is divided among mini-batches in the order that ours draws.
"""

import json
import os
import runpy
import sys
from pathlib import Path
from unittest.mock import patch

import torch
from trl import GRPOTrainer

from our_random import permutation


def parity_train(trainer, *args, train=GRPOTrainer.train, **kwargs):
    if hasattr(trainer.model, "peft_config"):
        trainer.model.save_pretrained("output/start")
    return train(trainer, *args, **kwargs)


def prepare_inputs(trainer, generation_batch, prepare=GRPOTrainer._prepare_inputs):
    # The one time that TRL draws a permutation of rows: when it has a new batch of rollouts.
    config = json.loads(Path("grpo-lab.json").read_text(encoding="utf-8"))["config"]
    updates = config["numIterations"] * config["numMiniBatches"]
    step = 1 + trainer.state.global_step // updates

    def order(size):
        # Without mini-batches, ours takes micro-batches in the order of the rows.
        divided = config["numMiniBatches"] > 1
        return torch.tensor(permutation(config["seed"], ["mini-batches", step], size)) if divided else torch.arange(size)

    with patch("trl.trainer.utils.torch.randperm", order):
        return prepare(trainer, generation_batch)


GRPOTrainer.train = parity_train
GRPOTrainer._prepare_inputs = prepare_inputs

modules, path = set(sys.modules), list(sys.path)
for folder in sys.argv[1:]:
    os.chdir(folder)
    # As `python train.py` would find them: each folder brings its own.
    sys.path[:] = [folder, *path]
    for name in set(sys.modules) - modules:
        if name.startswith("grpo_lab") or str(getattr(sys.modules[name], "__file__", "")).startswith(os.path.dirname(folder)):
            del sys.modules[name]
    runpy.run_path("train.py", run_name="__main__")
