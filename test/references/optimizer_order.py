"""
The order in which the optimizer of transformers' Trainer numbers what is trained, of the small models of `architectures.py`: all weights, and an adapter on all
linear layers as PEFT makes it. Writes `fixtures/optimizer-order.json`: `[those that weight decay applies to, the others]` of each.

    python optimizer_order.py
"""

import json
from pathlib import Path

from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, Trainer

FIXTURES = Path(__file__).parent / "fixtures"


def groups(model) -> list[list[str]]:
    """As `Trainer.create_optimizer` makes them."""
    decayed = set(Trainer.get_decay_parameter_names(None, model))
    names = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    return [[name for name in names if name in decayed], [name for name in names if name not in decayed]]


def orders(folder: Path) -> dict[str, list[list[str]]]:
    model = AutoModelForCausalLM.from_pretrained(folder)
    whole = groups(model)
    adapted = get_peft_model(model, LoraConfig(target_modules="all-linear", task_type="CAUSAL_LM"))
    return {"all": whole, "lora": groups(adapted)}


if __name__ == "__main__":
    models = sorted((FIXTURES / "architectures").iterdir())
    text = json.dumps({folder.name: orders(folder) for folder in models}, separators=(",", ":"))
    (FIXTURES / "optimizer-order.json").write_text(text + "\n")
