"""Loads the optimizer of a checkpoint of transformers' Trainer into torch's AdamW, and prints the first moments that matrices of GPT-2's layers have there.

    python opened_optimizer.py CHECKPOINT

Fails where a moment is not of the shape of the parameter that it is numbered as.
"""

import json
import sys
from pathlib import Path

import torch
from optimizer_order import groups
from transformers import AutoModelForCausalLM


def main(folder: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(folder)
    parameters = dict(model.named_parameters())
    optimizer = torch.optim.AdamW([{"params": [parameters[name] for name in group]} for group in groups(model)])
    optimizer.load_state_dict(torch.load(folder / "optimizer.pt", weights_only=True))
    moments = {name: optimizer.state[parameter]["exp_avg"] for name, parameter in parameters.items()}
    wrong = [name for name, moment in moments.items() if moment.shape != parameters[name].shape]
    if wrong:
        raise SystemExit(f"moments of another shape: {wrong}")
    print(json.dumps({name: moment.tolist() for name, moment in moments.items() if ".c_" in name and moment.ndim == 2}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
