"""Reference numbers for baselines, scales, process supervision and length rewards, written to fixtures/advantages.json.

Run: python test/references/advantages.py      (made with torch 2.15.0, trl 1.16.0)

What TRL has is run, not copied: the lines of its RLOOTrainer that make advantages of rewards, and its soft overlong punishment. The rest
is torch's arithmetic on the definitions: shrunk deviations, a prompt's history, and steps beside outcomes (DeepSeekMath, 4.1.3 and 4.1.2).
"""

import inspect
import json
import textwrap
from pathlib import Path
from types import SimpleNamespace

import torch
import trl
from trl.rewards import get_soft_overlong_punishment
from trl.trainer.rloo_trainer import RLOOTrainer
from trl.trainer.utils import nanstd

NONE = float("nan")
GROUP = 4
EPSILON = 1e-4
SHRINKAGE = 4
DECAY = 0.5

TABLES = {
    "one function": [[1], [0], [0], [1], [2], [2], [2], [5]],
    "two functions": [[1, 0.5], [0, 0.25], [0, 2], [1, 1], [3, 0], [3, 1], [2, 0], [0, 0.5]],
    "equal rewards": [[0.1], [0.1], [0.1], [0.1], [0], [0], [1], [0]],
    "abstaining": [[1, NONE], [NONE, NONE], [0, 2], [1, 1], [NONE, 0], [NONE, 1], [NONE, NONE], [NONE, 0.5]],
    "one row left": [[1, 2], [NONE, NONE], [NONE, NONE], [NONE, NONE], [3, NONE], [1, 0], [0, 0], [0, 0.5]],
    "nothing left": [[NONE, NONE]] * 4 + [[3, 1], [1, 0], [0, 0], [0, 0.5]],
}


def weights_of(table):
    return torch.tensor([1.0, 0.5][: len(table[0])], dtype=torch.float64)


def rewards_of(table):
    scores = torch.tensor(table, dtype=torch.float64)
    rewards = (scores * weights_of(table)).nansum(1)
    rewards[torch.isnan(scores).all(1)] = torch.nan
    return rewards


def leave_one_out(table):
    source = inspect.getsource(RLOOTrainer._generate_and_score_completions)
    start, end = source.index("unscorable_mask ="), source.index("is_std_zero =")
    scope = dict(
        torch=torch,
        nanstd=nanstd,
        device="cpu",
        num_generations=GROUP,
        rewards_per_func=torch.tensor(table, dtype=torch.float64),
        self=SimpleNamespace(
            reward_weights=weights_of(table), reward_clip_range=None, beta=0.0, normalize_advantages=False
        ),
    )
    exec(textwrap.dedent(" " * 8 + source[start:end]), scope)
    return scope["advantages"]


def adaptive(table):
    rewards = rewards_of(table)
    batch = rewards[~torch.isnan(rewards)].std()
    result = []
    for group in rewards.view(-1, GROUP):
        known = group[~torch.isnan(group)]
        if len(known) < 2:
            result.append(torch.zeros(GROUP, dtype=torch.float64))
            continue
        shrunk = torch.sqrt((len(known) * known.var() + SHRINKAGE * batch**2) / (len(known) + SHRINKAGE))
        result.append((group - known.mean()) / (shrunk + EPSILON))
    return torch.nan_to_num(torch.cat(result))


def history(visits):
    """One prompt, visit after visit: its advantages, baseline, and what is remembered."""
    rows, average = 0.0, 0.0
    steps = []
    for visit in visits:
        group = torch.tensor(visit, dtype=torch.float64)
        known = group[~torch.isnan(group)]
        if len(known) == 0:
            steps.append(dict(rewards=visit, advantages=[0.0] * len(visit), rows=rows, mean=average))
            continue
        average = (rows * average + known.sum().item()) / (rows + len(known))
        rows = DECAY * (rows + len(known))
        steps.append(
            dict(rewards=visit, advantages=torch.nan_to_num(group - average).tolist(), rows=rows, mean=average)
        )
    return steps


def process(weight):
    """Two completions of four tokens and two of three; one function scores steps and wholes, another wholes alone."""
    generator = torch.Generator().manual_seed(3)
    lengths = [4, 4, 3, 3]
    ends = [[2, 4], [1, 3], [3], [1, 2, 3]]
    steps = [torch.rand(len(own), generator=generator, dtype=torch.float64).tolist() for own in ends]
    scores = torch.rand(GROUP, 2, generator=generator, dtype=torch.float64)
    weights = torch.tensor([0.5, 2.0], dtype=torch.float64)
    counted = scores.clone()
    if weight is None:
        counted[:, 0] = 0
    rewards = counted @ weights
    outcome = (rewards - rewards.mean()) / (rewards.std() + EPSILON)
    every = torch.tensor([score for own in steps for score in own], dtype=torch.float64)
    scale = weights[0] * (1.0 if weight is None else weight)
    rows = []
    for row, length in enumerate(lengths):
        tokens = outcome[row].repeat(length)
        for end, score in zip(ends[row], steps[row]):
            tokens[:end] += scale * (score - every.mean()) / (every.std() + EPSILON)
        rows.append(tokens.tolist())
    return dict(
        processRewardWeight=weight,
        lengths=lengths,
        steps=[[dict(end=e, score=s) for e, s in zip(*pair)] for pair in zip(ends, steps)],
        scores=scores.tolist(),
        weights=weights.tolist(),
        advantages=rows,
    )


def nan_to_null(value):
    if isinstance(value, list):
        return [nan_to_null(item) for item in value]
    if isinstance(value, dict):
        return {key: nan_to_null(item) for key, item in value.items()}
    return None if value != value else value


def main():
    lengths = list(range(0, 131, 5)) + [79, 80, 81, 99, 100, 101]
    fixture = dict(
        versions=dict(torch=torch.__version__.split("+")[0], trl=trl.__version__),
        compared=[
            dict(name=name, scores=table, weights=weights_of(table).tolist(), options=options, advantages=make(table).tolist())
            for name, table in TABLES.items()
            for options, make in [
                (dict(baseline="leave-one-out", scaleRewards="none"), leave_one_out),
                (dict(baseline="group", scaleRewards="adaptive"), adaptive),
            ]
        ],
        history=[
            history(visits)
            for visits in (
                [[0, 0, 1, 0], [1, 0, 0, 1], [1, 1, 1, 1], [1, 1, 1, 0]],
                [[2.5, NONE, 0.5, 1], [NONE] * 4, [0.1, 0.1, 0.1, 0.1], [NONE, 3, NONE, NONE]],
            )
        ],
        process=[process(weight) for weight in (None, 0.0, 1.0, 0.3)],
        overlong=[
            dict(
                maxLength=100,
                cache=cache,
                lengths=lengths,
                scores=get_soft_overlong_punishment(100, cache)([[1] * length for length in lengths]),
            )
            for cache in (20, 100)
        ],
    )
    path = Path(__file__).parent / "fixtures" / "advantages.json"
    path.write_text(json.dumps(nan_to_null(fixture)) + "\n")


if __name__ == "__main__":
    main()
