import { existsSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Prompt, ScoreBatch } from '../../../src/protocol/rewards.ts';
import {
  batchOf,
  brief,
  folderWith,
  isRunning,
  open,
  openText,
  outcomesOf,
  pythonMissing,
  until,
} from './workspace.ts';

describe.skipIf(pythonMissing)('Python rewards (need python3 on the PATH)', () => {
  test("are called with TRL's keyword arguments", async () => {
    const set = await openText(
      'see.py',
      `
def see(prompts, completions, completion_ids, answer, trainer_state, log_extra, **kwargs):
    log_extra("seen", [prompts, completions, completion_ids, answer])
    log_extra("state", [trainer_state.global_step, trainer_state.max_steps])
    log_extra("rest", sorted(kwargs))
    return [1.0] * len(completions)`,
    );
    const chat = [{ role: 'user', content: 'Hi' }];
    const seen = async (prompts: Prompt[]) => {
      const { extra } = await set.score({
        prompts,
        completions: ['a\u2028', 'ü', ''],
        completionIds: [[1], [2, 3], []],
        columns: { answer: [4, 'five', null], level: [1, 2, 3] },
        trainerState: { globalStep: 3, maxSteps: 10 },
      });
      return extra;
    };
    const rest = [
      [[1], [2, 3], []],
      [4, 'five', null],
    ];
    const others = { state: [3, 10], rest: ['level', 'log_metric'] };
    // GRPOTrainer._calculate_rewards in TRL 1.16.
    const texts = ['a\u2028', 'ü', ''];
    expect(await seen(['p', 'q', 'r'])).toEqual({ seen: [['p', 'q', 'r'], texts, ...rest], ...others });
    const answers = texts.map((content) => [{ role: 'assistant', content }]);
    expect(await seen([chat, chat, chat])).toEqual({ seen: [[chat, chat, chat], answers, ...rest], ...others });
  });

  test('a batch of text and chat prompts is scored in two calls, one of each form', async () => {
    const set = await openText(
      'forms.py',
      `
def forms(prompts, completions, completion_ids, rank, log_extra, log_metric, **kwargs):
    texts = [c if isinstance(c, str) else c[0]["content"] for c in completions]
    assert len({type(c) for c in completions}) == len({type(p) for p in prompts}) == 1
    log_metric("calls", len(completions))
    log_extra("text", texts)
    log_extra("ids", completion_ids)
    log_extra("total", [len(completions)])
    # It compares: a call on one completion would say something else.
    return [rank[i] + 10 * len(completions) for i in range(len(completions))]`,
    );
    const chat = [{ role: 'user', content: 'Hi' }];
    const batch: ScoreBatch = {
      prompts: [chat, 'plain', 'plain', chat, 'plain'],
      completions: ['a', 'b', 'c', 'd', 'e'],
      completionIds: [[1], [2], [3], [4], [5]],
      columns: { rank: [1, 2, 3, 4, 5] },
    };
    const { columns, extra, metrics } = await set.score(batch);
    expect(brief(columns[0]!.outcomes)).toEqual([21, 32, 33, 24, 35]);
    expect(metrics).toEqual({ calls: 2.5 });
    expect(extra).toEqual({ text: batch.completions, ids: batch.completionIds, total: [2, 3] });
  });

  test('of two forms, the one that a function cannot read fails alone', async () => {
    const warnings: string[] = [];
    const set = await openText(
      'chat.py',
      `
def chat(completions, **kwargs):
    return [len(completion[0]["content"]) for completion in completions]`,
      { onWarning: (message) => void warnings.push(message) },
    );
    const message = [{ role: 'user', content: 'Hi' }];
    const batch = { prompts: ['plain', message, 'plain', message], completions: ['a', 'bb', 'ccc', ''], columns: {} };
    expect(brief(await outcomesOf(set, batch))).toEqual(['throw', 2, 'throw', 0]);
    expect(warnings).toEqual([]);
  });

  test('a worker that has to be started again runs the code that was loaded at first, modules included', async () => {
    const files = {
      'r.py': `
import os
from words import WORD
from parts.one import PART
def r(completions, **kwargs):
    if "leave" in completions: os._exit(3)
    return [WORD + PART] * len(completions)`,
      'words.py': 'WORD = 1\n',
      'parts/__init__.py': '',
      'parts/one.py': 'from .two import TWO\nPART = 10 * TWO\n',
      'parts/two.py': 'TWO = 2\n',
    };
    const folder = folderWith(files);
    const set = await open([{ file: join(folder, 'r.py') }]);
    for (const name of ['r.py', 'words.py', 'parts/one.py', 'parts/two.py']) {
      const text = files[name as keyof typeof files].replaceAll(/\b([12])\b/g, '7');
      writeFileSync(join(folder, name), text);
    }
    expect(brief(await outcomesOf(set, batchOf(['leave'])))).toEqual(['crash']);
    expect(brief(await outcomesOf(set, batchOf(['stay'])))).toEqual([21]);
    expect(set.sources.map(({ text }) => text).sort()).toEqual(Object.values(files).sort());
  });

  test('a module whose file is none is none of the users own', async () => {
    // As torch.classes, whose file is "_classes.py".
    const source = `
import sys, types
sys.modules["strange"] = types.ModuleType("strange")
sys.modules["strange"].__file__ = "_strange.py"
def r(completions, **kwargs): return [1.0] * len(completions)`;
    expect(brief(await outcomesOf(await openText('r.py', source), batchOf(['x'])))).toEqual([1]);
  });

  test('every public function that TRL could call is one; a name takes any callable', async () => {
    const source = `
import functools
from os.path import join
def second(completions, **kwargs): return [2.0] * len(completions)
async def first(prompts, completions, **kwargs): return [1.0] * len(completions)
def helper(text, **kwargs): return 0
def _own(completions, **kwargs): return [0.0]
third = functools.partial(second)`;
    const file = join(folderWith({ 'many.py': source }), 'many.py');
    const all = await open([{ file, weight: 2 }]);
    expect(all.functions).toEqual([
      { name: 'second', weight: 2, file, language: 'python' },
      { name: 'first', weight: 2, file, language: 'python' },
    ]);
    const { columns } = await all.score(batchOf(['x', 'y']));
    expect(columns.map(({ outcomes }) => brief(outcomes))).toEqual([
      [2, 2],
      [1, 1],
    ]);
    expect(brief(await outcomesOf(await open([{ file, name: 'third' }]), batchOf(['x'])))).toEqual([2]);
  });

  test('what a function returns is checked, never turned into a 0', async () => {
    const set = await openText(
      'results.py',
      `
class Scalar:  # as numpy's and torch's
    def __float__(self): return 2.5
def mixed(completions, **kwargs): return [1, None, True, Scalar(), float("nan"), float("inf"), "1", [1], {}]
def generated(completions, **kwargs): return (float(i) for i, _ in enumerate(completions))
def short(completions, **kwargs): return [1.0]
def number(completions, **kwargs): return 1.0
def nothing(completions, **kwargs): pass`,
    );
    const { columns } = await set.score(batchOf(Array(9).fill('x')));
    const all = (kind: string) => Array(9).fill(kind);
    expect(columns.map(({ outcomes }) => brief(outcomes))).toEqual([
      [1, null, 1, 2.5, 'nan', 'nan', 'wrong-type', 'wrong-type', 'wrong-type'],
      [0, 1, 2, 3, 4, 5, 6, 7, 8],
      all('wrong-length'),
      all('wrong-type'),
      all('wrong-type'),
    ]);
    expect(columns[2]!.outcomes[0]).toMatchObject({ message: expect.stringContaining('1 rewards for 9'), line: 6 });
    expect(columns[4]!.outcomes[0]).toMatchObject({ message: expect.stringContaining('None (NoneType)'), line: 8 });
  });

  test('what is logged: means of metrics over all functions, columns that extend', async () => {
    const set = await openText(
      'log.py',
      `
def a(completions, log_metric, log_extra, **kwargs):
    log_metric("accuracy", 0.5)
    log_metric("odd", float("nan"))
    log_extra("parsed", [{"x": (1, float("inf"))}])
    log_extra("parsed", [len])
    return [1.0] * len(completions)
def b(completions, log_metric, **kwargs):
    log_metric("accuracy", True)
    return [1.0] * len(completions)`,
    );
    const { metrics, extra } = await set.score(batchOf(['x', 'y']));
    expect(metrics).toEqual({ accuracy: 0.75, odd: Number.NaN });
    expect(extra).toEqual({ parsed: [{ x: [1, null] }, '<built-in function len>'] });
  });

  test('the folder is on the path and the working directory, printing is harmless, and nothing is written there', async () => {
    let printed = '';
    const folder = realpathSync(
      folderWith({
        'main.py': `
import os, sys
from lib.words import known
def local(completions, **kwargs):
    print("in", os.getcwd(), end="", flush=True)
    os.write(1, b"!")
    sys.stderr.write("?")
    return [float(c in known) for c in completions]`,
        'lib/words.py': 'known = {"yes"}',
      }),
    );
    const set = await open([{ file: join(folder, 'main.py') }], {
      onOutput: (text) => {
        printed += text;
      },
    });
    expect(brief(await outcomesOf(set, batchOf(['yes', 'no'])))).toEqual([1, 0]);
    expect(await until(() => printed.length >= folder.length + 5)).toBe(true);
    expect(printed).toContain(`in ${folder}!`);
    expect(existsSync(join(folder, '__pycache__')) || existsSync(join(folder, 'lib/__pycache__'))).toBe(false);
  });

  test('an exception is told at the last line of the traceback that is the users own', async () => {
    const folder = realpathSync(
      folderWith({
        'main.py':
          'import json\nfrom deep import parse\ndef bad(completions, **kwargs):\n    return [parse(c) for c in completions]',
        'deep.py': '\ndef parse(text):\n    import json\n    return json.loads(text)',
      }),
    );
    const set = await open([{ file: join(folder, 'main.py') }]);
    const outcomes = await outcomesOf(set, batchOf(['{']));
    expect(outcomes).toMatchObject([
      { failure: 'throw', message: expect.stringContaining('JSONDecodeError'), file: join(folder, 'deep.py'), line: 4 },
    ]);
    const strict = await openText('strict.py', 'def strict(completions): return [1.0]', {}).catch((error) => error);
    expect(strict.message).toContain('no reward function');
    const named = folderWith({ 'strict.py': '\ndef strict(completions): return [1.0]' });
    const called = await outcomesOf(await open([{ file: join(named, 'strict.py'), name: 'strict' }]), batchOf(['x']));
    expect(called).toMatchObject([
      { failure: 'throw', message: expect.stringContaining('unexpected keyword'), line: 2 },
    ]);
  });

  test('a hang and an exit fail the call, and the next one works', async () => {
    const set = await openText(
      'trouble.py',
      `
import os, re, sys, time
def sleeps(completions, **kwargs): time.sleep(1e6)
def locks(completions, **kwargs): return [bool(re.match(r"(a+)+$", "a" * 64 + "b")) for c in completions]
def leaves(completions, **kwargs): os._exit(3)
def quits(completions, **kwargs): sys.exit("enough")
def works(completions, **kwargs): return [1.0] * len(completions)`,
      { timeoutSeconds: 1 },
    );
    const { columns } = await set.score(batchOf(['x', 'y']));
    expect(columns.map(({ outcomes }) => brief(outcomes))).toEqual(
      ['timeout', 'timeout', 'crash', 'throw', 1].map((each) => [each, each]),
    );
    expect(columns.slice(0, 3).map(({ outcomes }) => outcomes[0])).toMatchObject([
      { line: 3 },
      { line: 4 },
      { line: 5 },
    ]);
    expect(columns[3]!.outcomes[0]).toMatchObject({ message: 'SystemExit: enough', line: 6 });
  });

  test('a memory hog fails the call, and the next one works', async () => {
    const set = await openText(
      'hungry.py',
      `
def one_block(completions, **kwargs): return [float(len(bytearray(1 << 42)))]
def grows(completions, **kwargs):
    kept = []
    while True: kept.append(b"x" * 10_000_000 + bytes(str(len(kept)), "ascii"))
def works(completions, **kwargs): return [1.0] * len(completions)`,
      { memoryLimitBytes: 256 * 1024 ** 2 },
    );
    const { columns } = await set.score(batchOf(['x', 'y']));
    expect(columns.map(({ outcomes }) => brief(outcomes))).toEqual(['memory', 'memory', 1].map((each) => [each, each]));
  });

  test('what a function started ends with it', async () => {
    let printed = '';
    const set = await openText(
      'parent.py',
      `
import subprocess, time
def parent(completions, **kwargs):
    print("pid", subprocess.Popen(["sleep", "1000"]).pid, "end")
    time.sleep(1e6)`,
      {
        timeoutSeconds: 1,
        onOutput: (text) => {
          printed += text;
        },
      },
    );
    expect(brief(await outcomesOf(set, batchOf(['x'])))).toEqual(['timeout']);
    const pid = Number(/pid (\d+) end/.exec(printed)![1]);
    expect(await until(() => !isRunning(pid))).toBe(true);
  });

  test('are read in the encoding that they name, as Python reads them', async () => {
    const source = 'def same(completions, **kwargs):\n    return [float(text == "café") for text in completions]\n';
    const scored = async (bytes: Buffer) => {
      const folder = folderWith({ 'same.py': '' });
      writeFileSync(join(folder, 'same.py'), bytes);
      return brief(await outcomesOf(await open([{ file: join(folder, 'same.py') }]), batchOf(['café', 'caf\uFFFD'])));
    };
    const named = (coding: string) => `# -*- coding: ${coding} -*-\n${source}`;
    expect(await scored(Buffer.from(named('latin-1'), 'latin1'))).toEqual([1, 0]);
    expect(await scored(Buffer.from(`#!/usr/bin/python\n${named('iso-8859-15')}`, 'latin1'))).toEqual([1, 0]);
    expect(await scored(Buffer.from(named('utf-8')))).toEqual([1, 0]);
    expect(await scored(Buffer.from(`\uFEFF${source}`))).toEqual([1, 0]);
    // As an editor shows it that takes it for UTF-8: Python does too.
    expect(await scored(Buffer.from(named('latin-1')))).toEqual([0, 0]);
    await expect(scored(Buffer.from(source, 'latin1'))).rejects.toThrow(/same\.py:2: This line is not UTF-8 text/);
  });
});
