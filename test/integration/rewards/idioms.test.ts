/**
 * Rewards as people write them for TRL: the forms of public tutorials and repositories (a GSM8K demo in one file, the documentation's
 * examples, open-r1's, those for Countdown and of notebooks), in our own words. Each works as it is or is refused with its reason.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Prompt, ScoreBatch } from '../../../src/protocol/rewards.ts';
import { brief, folderWith, open, openText, outcomesOf, pythonMissing } from './workspace.ts';

const python = process.env.GRPO_TEST_PYTHON ?? 'python3';
const has = (modules: string) => spawnSync(python, ['-c', `import ${modules}`]).status === 0;
const arraysMissing = !has('numpy, torch');
const trlMissing = arraysMissing || !has('trl');
if (trlMissing)
  console.log(
    `Skipped: ${python} lacks numpy, torch or trl, so rewards that use them were not called (set GRPO_TEST_PYTHON).`,
  );

const CHAT: Prompt = [
  { role: 'system', content: 'Answer in tags.' },
  { role: 'user', content: 'What is 6 * 7?' },
];
const right = '<reasoning>\nsix sevens\n</reasoning>\n<answer>\n42\n</answer>\n';
const completions = [right, '<answer>41</answer>', 'forty-two'];
const columns = { answer: ['42', '42', '42'], target: [42, 42, 42], solution: ['$42$', '$42$', ''] };
const batchOf = (prompt: Prompt): ScoreBatch => ({
  prompts: completions.map(() => prompt),
  completions,
  completionIds: [[1, 2, 3, 4], [1, 2], [1]],
  columns,
});

/** Scores of all functions of a file, by name. */
async function scoresOf(source: string, prompt: Prompt, names: string[] = []) {
  const file = join(folderWith({ 'rewards.py': source }), 'rewards.py');
  const sources = names.length > 0 ? names.map((name) => ({ file, name })) : [{ file }];
  const set = await open(sources, { pythonPath: python, timeoutSeconds: 20 });
  const table = await set.score(batchOf(prompt));
  return Object.fromEntries(table.columns.map(({ name, outcomes }) => [name, brief(outcomes)]));
}

describe.skipIf(pythonMissing)('rewards as they are written for TRL (needs python3 on the PATH)', () => {
  test('a GSM8K demo: chat prompts, the text of each first, a look at the first prompt, prints', async () => {
    const source = `
import re

def extract_answer(text: str) -> str:
    return text.split("<answer>")[-1].split("</answer>")[0].strip()

def extract_hash(text: str) -> "str | None":
    return text.split("####")[1].strip() if "####" in text else None

def correctness_reward_func(prompts, completions, answer, **kwargs) -> "list[float]":
    responses = [completion[0]['content'] for completion in completions]
    q = prompts[0][-1]['content']
    extracted = [extract_answer(r) for r in responses]
    print('-' * 20, f"Question:\\n{q}", f"\\nAnswer:\\n{answer[0]}", f"\\nResponse:\\n{responses[0]}")
    return [2.0 if r == a else 0.0 for r, a in zip(extracted, answer)]

def int_reward_func(completions, **kwargs):
    return [0.5 if extract_answer(c[0]["content"]).isdigit() else 0.0 for c in completions]

def strict_format_reward_func(completions, **kwargs):
    pattern = r"^<reasoning>\\n.*?\\n</reasoning>\\n<answer>\\n.*?\\n</answer>\\n$"
    return [0.5 if re.match(pattern, c[0]["content"], re.DOTALL) else 0.0 for c in completions]

def count_tags(text) -> float:
    return sum(0.125 for tag in ("<reasoning>", "</reasoning>", "<answer>", "</answer>") if text.count(tag) == 1)

def xmlcount_reward_func(completions, **kwargs):
    contents = [completion[0]["content"] for completion in completions]
    return [count_tags(c) for c in contents]

def first_only(completions, **kwargs):
    return [float(len(completions[0][0]["content"]))] * len(completions)
`;
    expect(await scoresOf(source, CHAT)).toEqual({
      correctness_reward_func: [2, 0, 0],
      int_reward_func: [0.5, 0.5, 0],
      strict_format_reward_func: [0.5, 0, 0],
      xmlcount_reward_func: [0.5, 0.25, 0],
      first_only: [right.length, right.length, right.length],
    });
  });

  test("the documentation's: text prompts, token ids, async, None for other tasks, what is logged", async () => {
    const source = `
import asyncio
def reward_len(completions, **kwargs):
    return [-abs(20 - len(completion)) for completion in completions]
def unique(completions, **kwargs):
    return [float(len(set(c))) for c in completions]
def by_ids(prompts, completions, completion_ids, trainer_state, **kwargs):
    return [float(len(ids)) for ids in completion_ids]
async def judged(prompts, completions, **kwargs):
    async def ask(completion):
        await asyncio.sleep(0.001)
        return 1.0 if "42" in completion else 0.0
    return await asyncio.gather(*[ask(c) for c in completions])
def blocking(completions, **kwargs):
    async def all_of_them(): return [float("42" in c) for c in completions]
    return asyncio.run(all_of_them())
def math_only(prompts, completions, answer, task=None, **kwargs):
    return [float(a in c) if c.startswith("<") else None for c, a in zip(completions, answer)]
def logged(completions, answer, log_extra=None, log_metric=None, **kwargs):
    if log_extra: log_extra("golden", list(answer))
    if log_metric: log_metric("n", len(completions))
    return [0.0] * len(completions)
length = lambda completions, **kwargs: [float(len(c)) for c in completions]
`;
    const lengths = completions.map((text) => text.length);
    expect(await scoresOf(source, 'What is 6 * 7?')).toEqual({
      reward_len: lengths.map((length) => -Math.abs(20 - length)),
      unique: completions.map((text) => new Set(text).size),
      by_ids: [4, 2, 1],
      judged: [1, 0, 0],
      blocking: [1, 0, 0],
      math_only: [1, 0, null],
      logged: [0, 0, 0],
      length: lengths,
    });
  });

  test("open-r1's: types, a registry, closures and partials with a name, a limit by signal", async () => {
    const source = `
from __future__ import annotations
import math, signal
from functools import partial, update_wrapper, wraps
from typing import Callable, Optional

def timed(function):
    @wraps(function)
    def inner(*args, **kwargs):
        def stop(*_): raise TimeoutError
        before = signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, 10)
        try:
            return function(*args, **kwargs)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    return inner

@timed
def accuracy_reward(completions: list[list[dict[str, str]]], solution: list[str], **kwargs) -> list[Optional[float]]:
    """None where the solution cannot be parsed."""
    rewards = []
    for content, sol in zip([c[0]["content"] for c in completions], solution):
        gold = sol.strip("$")
        if not gold:
            rewards.append(None)
            continue
        try:
            rewards.append(float(gold in content))
        except Exception as error:
            print(f"verify failed: {error}")
            rewards.append(None)
    return rewards

def get_cosine_scaled_reward(low: float = -1.0, high: float = 1.0, max_len: int = 100):
    def cosine_scaled_reward(completions, solution, **kwargs):
        return [low + (high - low) * math.cos(min(1, len(c[0]["content"]) / max_len) * math.pi / 2) for c in completions]
    return cosine_scaled_reward

def length_reward(completions, factor=1.0, **kwargs):
    return [factor * len(c[-1]["content"]) for c in completions]

cosine = get_cosine_scaled_reward(0.0, 1.0, 1_000_000_000)
halved = update_wrapper(partial(length_reward, factor=0.5), length_reward)

class Judge:
    def __init__(self, bonus): self.bonus = bonus; self.__name__ = "judge"
    def __call__(self, prompts, completions, **kwargs): return [self.bonus for _ in completions]
    def method(self, completions, **kwargs): return [self.bonus * 2] * len(completions)

judge = Judge(0.25)
bound = judge.method
REGISTRY: dict[str, Callable] = {"accuracy": accuracy_reward, "cosine": cosine}
`;
    const lengths = completions.map((text) => text.length);
    expect(await scoresOf(source, CHAT)).toMatchObject({ accuracy_reward: [1, 0, null], length_reward: lengths });
    const named = await scoresOf(source, CHAT, ['cosine', 'halved', 'judge', 'bound']);
    expect(named).toEqual({
      cosine: [expect.closeTo(1, 5), expect.closeTo(1, 5), expect.closeTo(1, 5)],
      halved: lengths.map((length) => length / 2),
      judge: [0.25, 0.25, 0.25],
      bound: [0.5, 0.5, 0.5],
    });
  });

  test('for Countdown and in notebooks: several columns in a zip, samples written to a file, a counter, columns from kwargs', async () => {
    const source = `
import os, random, re
PRINTED, EVERY = 0, 5
ANSWER = re.compile(r"<answer>\\s*(\\S+)\\s*</answer>", re.MULTILINE | re.DOTALL)

def format_reward_func(completions, target, **kwargs):
    rewards = []
    for completion, gt in zip(completions, target):
        try:
            completion = "<think>" + completion
            if random.random() <= 1:
                os.makedirs("completion_samples", exist_ok=True)
                with open(os.path.join("completion_samples", "some.txt"), "a") as file: file.write(completion)
            rewards.append(1.0 if ANSWER.search(completion) else 0.0)
        except Exception:
            rewards.append(0.0)
    return rewards

def equation_reward_func(completions, target, nums=None, **kwargs):
    values = [eval(ANSWER.search(c).group(1), {"__builtins__": None}, {}) if ANSWER.search(c) else None for c in completions]
    return [float(abs(v - t) < 1e-5) if v is not None else 0.0 for v, t in zip(values, target)]

def check_numbers(prompts, completions, **kwargs):
    global PRINTED
    if PRINTED % EVERY == 0: print(prompts[0][-50:], kwargs["answer"][0])
    PRINTED += 1
    return [float(ANSWER.search(c) is not None and ANSWER.search(c).group(1) == a) for c, a in zip(completions, kwargs["answer"])]

def only_kwargs(**kwargs):
    return [float(a in c) for c, a in zip(kwargs["completions"], kwargs.get("answer", []))]

def by_keyword(*, completions, answer, difficulty="easy", **kwargs):
    return [1.5 if difficulty == "easy" and a in c else 0.0 for c, a in zip(completions, answer)]
`;
    const file = join(folderWith({ 'rewards.py': source }), 'rewards.py');
    const table = await (await open([{ file }])).score(batchOf('What is 6 * 7?'));
    expect(Object.fromEntries(table.columns.map(({ name, outcomes }) => [name, brief(outcomes)]))).toEqual({
      format_reward_func: [1, 1, 0],
      equation_reward_func: [1, 0, 0],
      check_numbers: [1, 0, 0],
      only_kwargs: [1, 0, 0],
      by_keyword: [1.5, 0, 0],
    });
    // Beside the reward file, and once for each completion.
    const written = readFileSync(join(file, '../completion_samples/some.txt'), 'utf8');
    expect(written).toBe(completions.map((text) => `<think>${text}`).join(''));
  });

  test('a file of a package, with relative imports', async () => {
    const folder = folderWith({
      'project/__init__.py': '',
      'project/utils/__init__.py': 'from .parse import answer_of\n',
      'project/utils/parse.py':
        'def answer_of(text): return text.split("<answer>")[-1].split("</answer>")[0].strip()\n',
      'project/rewards/__init__.py': '',
      'project/rewards/math.py':
        'from ..utils import answer_of\nfrom . import weights\ndef right(completions, answer, **kwargs):\n    return [weights.RIGHT * (answer_of(c) == a) for c, a in zip(completions, answer)]\n',
      'project/rewards/weights.py': 'RIGHT = 3.0\n',
    });
    const set = await open([{ file: join(folder, 'project/rewards/math.py') }]);
    expect(brief(await outcomesOf(set, batchOf('p')))).toEqual([3, 0, 0]);
  });

  test('a score that is none fails its own completion', async () => {
    const source = `
from decimal import Decimal
from fractions import Fraction
def numbers(completions, **kwargs): return [Decimal("0.5"), Fraction(1, 4), True]
def mixed(completions, **kwargs): return ["0.5", [1.0], None]
`;
    expect(await scoresOf(source, 'p')).toEqual({
      numbers: [0.5, 0.25, 1],
      mixed: ['wrong-type', 'wrong-type', null],
    });
  });

  test.skipIf(arraysMissing)('arrays and tensors', async () => {
    const source = `
import numpy as np
import torch
def array(completions, **kwargs): return np.array([len(c) for c in completions], dtype=np.float32)
def whole(completions, **kwargs): return np.array([1, 0, 1]) > 0
def tensor(completions, **kwargs): return torch.tensor([float(len(c)) for c in completions], requires_grad=True)
def half(completions, **kwargs): return torch.tensor([1.0, 0.5, 0.25], dtype=torch.bfloat16)
def column(completions, **kwargs): return torch.ones(len(completions), 1)
def scalars(completions, **kwargs): return [np.float64(0.5), torch.tensor(2.0), np.nan]
def pairs(completions, **kwargs): return torch.ones(len(completions), 2)
def one(completions, **kwargs): return torch.tensor(1.0)
`;
    const lengths = completions.map((text) => text.length);
    const none = ['wrong-type', 'wrong-type', 'wrong-type'];
    expect(await scoresOf(source, 'p')).toEqual({
      ...{ array: lengths, whole: [1, 0, 1], tensor: lengths, half: [1, 0.5, 0.25], column: [1, 1, 1] },
      ...{ scalars: [0.5, 2, 'nan'], pairs: none, one: none },
    });
  });

  test.skipIf(trlMissing)("TRL's own rewards, by name", async () => {
    const source = `
from trl.rewards import get_soft_overlong_punishment, think_format_reward
overlong = get_soft_overlong_punishment(max_completion_len=4, soft_punish_cache=2)
`;
    expect(await scoresOf(source, CHAT, ['think_format_reward', 'overlong'])).toEqual({
      think_format_reward: [0, 0, 0],
      overlong: [-1, 0, 0],
    });
  });

  test('a script with a guard is loaded for its rewards', async () => {
    const source = `
import argparse
def right(completions, answer, **kwargs): return [float(a in c) for c, a in zip(completions, answer)]
def main():
    from trl import GRPOConfig, GRPOTrainer
    GRPOTrainer(model="m", reward_funcs=[right], args=GRPOConfig()).train()
parser = argparse.ArgumentParser()
parser.add_argument("--steps", type=int, default=1)
arguments = parser.parse_args()
if __name__ == "__main__":
    main()
`;
    expect(await scoresOf(source, 'p')).toEqual({ right: [1, 0, 0] });
  });

  const reward = 'def right(completions, **kwargs): return [1.0] * len(completions)\n';
  test.each([
    [
      'from trl import GRPOConfig, GRPOTrainer',
      'trainer = GRPOTrainer(model="m", reward_funcs=[right])\ntrainer.train()',
      3,
    ],
    ['from trl import GRPOTrainer as Trainer', 'Trainer(model="m").train()', 3],
    ['import trl', 'trl.GRPOTrainer("m").train()', 3],
    ['from trl import (\n    SFTTrainer,\n)', 'with open("log", "w"):\n    trainer = SFTTrainer("m")', 6],
    ['from trl import GRPOTrainer', 'class Mine(GRPOTrainer): pass\nMine("m").train()', 4],
    ['from trl import GRPOTrainer', 'def main(fast):\n    GRPOTrainer("m").train()\nmain(fast=True)', 4],
    ['from trl import GRPOTrainer', 'if __name__ != "__main__": pass\nelse: pass\ntrainer = GRPOTrainer("m")', 5],
  ])('a script that trains when it is imported is refused: %s … %s', async (imports, end, line) => {
    const source = `${imports}\n${reward}${end}\n`;
    const error = await openText('train.py', source).catch((error) => error);
    expect(error.message).toMatch(
      /train\.py:\d+:\d+: The reward file does not load: importing it starts a training here; put that under if __name__ == "__main__":, or move the reward functions into a file of their own/,
    );
    expect(error.problem.place.line).toBe(line);
  });

  test('a file that does not finish loading is stopped, at the line that it has reached', async () => {
    const files = {
      'hub.py': 'import time\ndef download(name):\n    time.sleep(1000)\n',
      'slow.py': `from hub import download\n${reward}\ndata = download("gsm8k")\n`,
    };
    const file = join(folderWith(files), 'slow.py');
    await expect(open([{ file }], { loadTimeoutSeconds: 2 })).rejects.toThrow(
      /hub\.py:3(:\d+)?: The reward file does not load: it took longer than 2 s and was stopped here\.$/,
    );
  });

  test('a class is refused, with what to name instead', async () => {
    const source = 'class Judge:\n    def __call__(self, completions, **kwargs): return [1.0] * len(completions)\n';
    const file = join(folderWith({ 'judge.py': source }), 'judge.py');
    await expect(open([{ file, name: 'Judge' }])).rejects.toThrow(
      /judge\.py:1:1: .*"Judge" is a class; give a call of it a name, as in judge = Judge\(\), and use that/,
    );
  });

  test('token ids that are not known are explained', async () => {
    const source = `
def ids(completions, completion_ids, **kwargs):
    return [float(len(ids)) for ids in completion_ids]
def first(completion_ids, **kwargs):
    return [len(completion_ids[0])]
def other(completions, missing=None, **kwargs):
    return [len(m) for m in missing]`;
    const set = await openText('ids.py', source);
    const { columns } = await set.score({ prompts: ['p'], completions: ['c'], columns: {} });
    const messages = columns.map(({ outcomes: [outcome] }) => (outcome?.kind === 'failure' ? outcome.message : ''));
    for (const message of messages.slice(0, 2))
      expect(message).toMatch(/^TypeError: .*completion_ids is None for samples/);
    expect(messages[2]).toMatch(/^TypeError: 'NoneType' object is not iterable$/);
  });
});
