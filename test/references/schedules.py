"""Learning rates of every schedule of transformers that depends on the number of the update alone: fixtures/schedules.json."""

import json
from pathlib import Path
from types import SimpleNamespace

import torch
import transformers

BASE = 2e-3

CASES = [
    ("constant", 3, 10, {}),
    ("constant_with_warmup", 3, 10, {}),
    ("linear", 0, 10, {}),
    ("linear", 3, 10, {}),
    ("linear", 0.15, 10, {}),
    ("linear", 4, 4, {}),
    ("cosine", 0, 10, {}),
    ("cosine", 3, 10, {}),
    ("cosine", 2.9, 7, {}),
    ("cosine", 2, 10, dict(num_cycles=1.25)),
    ("cosine_with_restarts", 2, 12, {}),
    ("cosine_with_restarts", 2, 12, dict(num_cycles=3)),
    ("polynomial", 3, 10, {}),
    ("polynomial", 0, 10, dict(lr_end=1e-4, power=2.0)),
    ("inverse_sqrt", 0, 10, {}),
    ("inverse_sqrt", 3, 10, {}),
    ("inverse_sqrt", 3, 10, dict(timescale=5)),
    ("cosine_with_min_lr", 3, 10, dict(min_lr=2e-4)),
    ("cosine_with_min_lr", 0, 10, dict(min_lr_rate=0.3, num_cycles=1.0)),
    ("cosine_warmup_with_min_lr", 3, 10, dict(min_lr_rate=0.1)),
    ("cosine_warmup_with_min_lr", 4, 10, dict(min_lr=1e-4, warmup_lr_rate=0.2)),
    ("cosine_warmup_with_min_lr", 1, 10, dict(min_lr_rate=0.1, warmup_lr_rate=0.2)),
    ("cosine_warmup_with_min_lr", 0, 10, dict(min_lr_rate=0.1)),
    ("warmup_stable_decay", 2, 12, dict(num_decay_steps=4)),
    ("warmup_stable_decay", 3, 12, dict(num_decay_steps=4, warmup_type="cosine", decay_type="linear", min_lr_ratio=0.1)),
    ("warmup_stable_decay", 3, 12, dict(num_decay_steps=4, num_stable_steps=2, warmup_type="1-sqrt", decay_type="1-sqrt")),
    ("warmup_stable_decay", 0, 12, dict(num_decay_steps=6, num_cycles=1.5)),
]


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def schedules():
    for kind, warmup, total, kwargs in CASES:
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE)
        steps = transformers.TrainingArguments.get_warmup_steps(SimpleNamespace(warmup_steps=warmup), total)
        scheduler = transformers.get_scheduler(kind, optimizer, steps, total, scheduler_specific_kwargs=kwargs)
        rates = []
        for _ in range(total + 3):
            rates.append(scheduler.get_last_lr()[0])
            optimizer.step()
            scheduler.step()
        options = {camel(name): value for name, value in kwargs.items()}
        yield dict(type=kind, warmupSteps=warmup, totalSteps=total, base=BASE, options=options, rates=rates)


if __name__ == "__main__":
    target = Path(__file__).parent / "fixtures" / "schedules.json"
    target.write_text(json.dumps(dict(transformers=transformers.__version__, schedules=list(schedules())), indent=1) + "\n")
