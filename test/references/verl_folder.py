"""What verl's trainers dump, written by verl's own code.

    pip install --no-deps verl==0.9.1 && pip install orjson numpy torch tensorboard
    python verl_folder.py

Writes to fixtures/verl-folder/CASE/ what `grpo import` reads. verl itself needs GPUs and Ray: here, the source of `_write_generations` (of the
trainer named in CASES), of `FileLogger` and of `_TensorboardAdapter` is taken out of the installed package and run as it is, on completions that a dice writes. The order of
rows, the columns and the values' types are those that `_log_rollout_data` and `_validate` hand over.
"""

import ast
import importlib.util
import json
import os
import random
import shutil
from pathlib import Path

import numpy as np
import orjson

FIXTURES = Path(__file__).parent / "fixtures" / "verl-folder"
SAMPLES = Path(__file__).parents[2] / "sample-workspace"
VERL = Path(importlib.util.find_spec("verl").submodule_search_locations[0])
# The newer trainer sorts rows by uid; the older one has them in the order in which it balanced its processes, and dumps what rewards gave beside the score.
CASES = {"sort": "trainer/ppo/ray_trainer.py", "by-uid": "trainer/ppo/v1/trainer_base.py"}
LOGGERS = {"sort": "FileLogger", "by-uid": "_TensorboardAdapter"}
STEPS, PROMPTS, GENERATIONS = 3, 2, 4


def taken(file, name):
    """The function or class of that name, without the module around it."""
    for node in ast.walk(ast.parse((VERL / file).read_text())):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name:
            node.decorator_list = []
            scope = {"os": os, "json": json, "np": np, "orjson": orjson}
            exec(compile(ast.Module([node], []), file, "exec"), scope)
            return scope[name]
    raise LookupError(f"{file} has no {name}")


def rows_of(name):
    return [json.loads(line) for line in (SAMPLES / f"data/sort.{name}.jsonl").read_text().splitlines()]


def rendered(row):
    """As `tokenizer.batch_decode(..., skip_special_tokens=True)` gives a chat of Qwen."""
    return f"system\nYou are a helpful assistant.\nuser\n{row['prompt']}\nassistant\n"


def answered(row, dice):
    numbers = sorted(row["numbers"])
    if dice.random() < 0.6:
        dice.shuffle(numbers)
    return " ".join(map(str, numbers))


def scored(row, answer):
    wanted = " ".join(map(str, sorted(row["numbers"])))
    places = [a == b for a, b in zip(answer.split(), wanted.split())]
    return {"score": sum(places) / len(places), "acc": answer == wanted, "pred": answer}


def batch(rows, generations, dice):
    drawn = [(row, answered(row, dice), index, turn) for index, row in enumerate(rows) for turn in range(generations)]
    return [(row, answer, scored(row, answer), f"sample{index}_{turn}_0") for row, answer, index, turn in drawn]


def dump(write, drawn, extras, folder, step):
    inputs, outputs = [rendered(row) for row, *_ in drawn], [answer for _, answer, *_ in drawn]
    gts = [" ".join(map(str, sorted(row["numbers"]))) for row, *_ in drawn]
    write(inputs, outputs, gts, [found["score"] for _, _, found, _ in drawn], extras, str(folder), step)


def main():
    for case, trainer in CASES.items():
        write = taken(trainer, "_write_generations")
        dice = random.Random(7)
        folder = FIXTURES / case
        shutil.rmtree(folder, ignore_errors=True)
        os.environ["VERL_FILE_LOGGER_ROOT"] = str(folder / "metrics")
        os.environ["TENSORBOARD_DIR"] = str(folder / "tensorboard")
        logger = taken("utils/tracking.py", LOGGERS[case])("sorting", case)
        train, held_out = rows_of("train"), rows_of("eval")[:2]
        for step in range(STEPS + 1):
            if step > 0:
                drawn = batch(train[step * PROMPTS : (step + 1) * PROMPTS], GENERATIONS, dice)
                if case == "sort":
                    dice.shuffle(drawn)
                    extras = {name: [found[name] for _, _, found, _ in drawn] for name in ("acc", "pred")}
                else:
                    extras = {"uid": [uid for *_, uid in drawn]}
                dump(write, drawn, extras, folder / "rollouts", step)
                scores = [found["score"] for _, _, found, _ in drawn]
                metrics = {
                    "training/global_step": step,
                    "critic/score/mean": np.mean(scores),
                    "actor/pg_loss": np.float64(0.01 / step),
                    "actor/entropy": np.float32(1.5 - 0.25 * step),
                    "actor/lr": 1e-6,
                    "actor/grad_norm": 0.5,
                    "response_length/mean": np.float32(7.5),
                    "perf/throughput": 1234.5,
                }
                logger.log(metrics, step)
            if step % 2 == 0 and case == "sort":
                drawn = batch(held_out, 1, dice)
                extras = {"reward": [found["score"] for _, _, found, _ in drawn]}
                dump(write, drawn, extras, folder / "validation", step)
        logger.finish()


main()
