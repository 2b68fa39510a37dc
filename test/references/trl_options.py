"""What TRL makes of options of a run config: `python trl_options.py CASES.json` prints JSON.

CASES has `configs`, arguments of GRPOConfig, BitsAndBytesConfig and LoraConfig, which are constructed here; and `folders`, which are trained one
after the other in this process, and whose last weights are compared with those of the first.
"""

import contextlib
import dataclasses
import json
import os
import runpy
import sys
import tempfile

import torch
from accelerate.state import AcceleratorState
from peft import LoraConfig
from safetensors.torch import load_file
from transformers import BitsAndBytesConfig
from trl import GRPOConfig

with open(sys.argv[1]) as file:
    cases = json.load(file)


def constructed(case):
    """The values that GRPOConfig has after construction, for each argument that it was given."""
    out = tempfile.mkdtemp()
    for kind, make in (("quantization", BitsAndBytesConfig), ("lora", LoraConfig)):
        if case.get(kind):
            make(**case[kind])
    # Their packages are not needed to make a config.
    skipped = {name: case["args"].pop(name) for name in ("deepspeed",) if name in case["args"]}
    config = GRPOConfig(output_dir=out, use_cpu=True, bf16=False, num_generations=2, **case["args"])
    return {**{name: getattr(config, name) for name in case["args"]}, **skipped}


def trained(folder):
    """The weights after a training, or what it ended with."""
    AcceleratorState._reset_state(reset_partial_state=True)
    script = os.path.join(folder, "train.py")
    try:
        with contextlib.redirect_stdout(sys.stderr):
            runpy.run_path(script, run_name="__main__")
    except (SystemExit, Exception) as error:
        return f"{type(error).__name__}: {error}"
    return load_file(os.path.join(folder, "output/final/model.safetensors"))


def difference(weights, first):
    """How far two trained models are from each other, relative to how far the first one is from the start."""
    if isinstance(weights, str):
        return weights
    start = load_file(os.path.join(cases["folders"][0], "model/model.safetensors"))
    norm = lambda a, b: torch.sqrt(sum(((a[name].float() - b[name].float()) ** 2).sum() for name in a)).item()
    return norm(first, weights) / norm(first, start)


torch.set_num_threads(1)
weights = [trained(folder) for folder in cases["folders"]]
print(
    json.dumps(
        {
            "arguments": {field.name: field.default for field in dataclasses.fields(GRPOConfig)},
            "configs": [constructed(case) for case in cases["configs"]],
            "differences": [difference(each, weights[0]) for each in weights],
        },
        default=lambda value: getattr(value, "value", None),
    )
)
