import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BadInput, RunFailure } from '../../../src/protocol/errors.ts';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';
import type { RolloutRow } from '../../../src/protocol/run-folder.ts';
import { listCheckpoints } from '../../../src/run-folder/checkpoints.ts';
import { readMetrics } from '../../../src/run-folder/metrics.ts';
import { parseRows } from '../../../src/run-folder/rows.ts';
import { type NewRun, RunFolder } from '../../../src/run-folder/run-folder.ts';
import { readRunInfo } from '../../../src/run-folder/run-info.ts';
import { latestRun } from '../../../src/run-folder/run-places.ts';

let folder: string;
let newRun: NewRun;
let run: RunFolder | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-run-'));
  newRun = {
    name: 'sort',
    configFile: join(folder, 'sort.grpo.json'),
    device: 'cpu',
    versions: { 'grpo-lab': '0.1.0' },
    config: runConfigSchema.parse({ model: 'm', dataset: 'd', rewards: ['r.reward.ts'], seed: 7 }),
  };
});
afterEach(() => {
  run?.close();
  run = undefined;
  rmSync(folder, { recursive: true });
});

const rollout = (step: number): RolloutRow => ({
  step,
  group: 0,
  prompt: 'p',
  prompt_ids: [1],
  completion: 'c',
  completion_ids: [2],
  rewards: { f: 1 },
  reward: 1,
  advantage: 0,
  length: 1,
  truncated: false,
  error: null,
});

/** Every path below a folder, to see that nothing was left over. */
const tree = (path: string): string[] => (readdirSync(path, { recursive: true }) as string[]).sort();
const read = (...path: string[]): string => readFileSync(join(run!.path, ...path), 'utf8');
const writeWeights = (path: string): void => writeFileSync(join(path, 'model.safetensors'), 'weights');

async function runSteps(last: number): Promise<RunFolder> {
  run = RunFolder.create(newRun);
  for (let step = 1; step <= last; step++) {
    run.appendMetrics({ step, reward: step / 10 });
    run.writeRollouts(step, [rollout(step)]);
    await run.writeCheckpoint(step, writeWeights);
  }
  return run;
}

describe('a run folder', () => {
  test('is made beside the config, named by time and config, and tells what runs', () => {
    run = RunFolder.create(newRun);
    expect(run.path.startsWith(join(folder, '.grpo', 'runs'))).toBe(true);
    expect(basename(run.path)).toMatch(/^\d{8}-\d{6}-sort$/);
    expect(readRunInfo(run.path)).toMatchObject({ ...newRun, state: 'running', step: 0, seed: 7, reason: null });
    run.update({ state: 'paused', reason: 'every reward failed', step: 3 });
    expect(readRunInfo(run.path)).toMatchObject({ state: 'paused', reason: 'every reward failed', step: 3 });
  });

  test('never shares its name: two runs in one second get two folders, and the newest is found', () => {
    const first = RunFolder.create(newRun);
    run = RunFolder.create(newRun);
    expect(run.path).not.toBe(first.path);
    first.close();
    expect(latestRun(newRun.configFile)).toBe(run.path);
    expect(latestRun(join(folder, 'other.grpo.json'))).toBeUndefined();
  });

  test('--out names it; a folder that holds a run is refused', () => {
    const out = join(folder, 'a', 'b');
    run = RunFolder.create(newRun, out);
    expect(run.path).toBe(out);
    expect(() => RunFolder.create(newRun, out)).toThrow(BadInput);
    expect(() => RunFolder.create(newRun, out)).toThrow(/already a run in .*--resume/);
  });

  test('writes numbers that are not finite as null', () => {
    run = RunFolder.create(newRun);
    run.appendMetrics({ step: 1, loss: Number.NaN, kl: Number.POSITIVE_INFINITY, reward: 0.5 });
    run.writeRollouts(1, [{ ...rollout(1), reward: Number.NaN }]);
    expect(read('metrics.jsonl')).toBe('{"step":1,"loss":null,"kl":null,"reward":0.5}\n');
    expect(JSON.parse(read('rollouts', 'step-000001.jsonl')).reward).toBeNull();
  });

  test('a torn last line is passed over, a bad line before it is not', () => {
    run = RunFolder.create(newRun);
    run.appendMetrics({ step: 1, reward: 1 });
    appendFileSync(join(run.path, 'metrics.jsonl'), '{"step":2,"rew');
    expect(readMetrics(run.path)).toEqual([{ step: 1, reward: 1 }]);
    const file = { file: 'a.jsonl', parse: JSON.parse, problem: 'This line is no row.' };
    expect(() => parseRows('{"a":0}\n{"a":1\n{"a":2}\n', file)).toThrow('a.jsonl:2: This line is no row.');
    expect(parseRows('{"a":1}\n{"a":2}', file)).toEqual([{ a: 1 }, { a: 2 }]);
  });

  test('rewinds to a step: later rows, rollouts, checkpoints and torn lines go', async () => {
    await runSteps(4);
    appendFileSync(join(run!.path, 'metrics.jsonl'), '{"step":5,"rew');
    mkdirSync(join(run!.path, 'checkpoints', '.step-000005.tmp'));
    run!.close();

    run = RunFolder.open(run!.path);
    run.rewindTo(2);
    expect(readMetrics(run.path).map(({ step }) => step)).toEqual([1, 2]);
    expect(tree(join(run.path, 'rollouts'))).toEqual(['step-000001.jsonl', 'step-000002.jsonl']);
    expect(readdirSync(join(run.path, 'checkpoints'))).toEqual(['step-000001', 'step-000002']);
    run.appendMetrics({ step: 3, reward: 9 });
    expect(readMetrics(run.path).at(-1)).toEqual({ step: 3, reward: 9 });
    expect(run.info.step).toBe(2);
  });

  test('opening what holds no run says so', () => {
    expect(() => RunFolder.open(folder)).toThrow(/There is no run in .*run\.json/);
    writeFileSync(join(folder, 'run.json'), '{}');
    expect(() => RunFolder.open(folder)).toThrow(BadInput);
  });
});

describe('checkpoints', () => {
  test('are seen only when complete', async () => {
    await runSteps(1);
    const failed = run!.writeCheckpoint(2, (path) => {
      writeWeights(path);
      throw new Error('the model could not be read back');
    });
    await expect(failed).rejects.toThrow('the model could not be read back');
    expect(listCheckpoints(run!.path).map(({ step }) => step)).toEqual([1]);
    expect(readdirSync(join(run!.path, 'checkpoints'))).toEqual(['step-000001']);
  });

  test('of the same step replace each other', async () => {
    await runSteps(1);
    const again = run!.writeCheckpoint(1, (path) => writeFileSync(join(path, 'second'), ''));
    expect(await again).toBe(join(run!.path, 'checkpoints', 'step-000001'));
    expect(tree(join(run!.path, 'checkpoints'))).toEqual(['step-000001', join('step-000001', 'second')]);
  });

  test('beyond the limit go, oldest first, never the last', async () => {
    await runSteps(4);
    const steps = () => run!.checkpoints().map(({ step }) => step);
    run!.pruneCheckpoints(null);
    expect(steps()).toEqual([1, 2, 3, 4]);
    run!.pruneCheckpoints(2);
    expect(steps()).toEqual([3, 4]);
    run!.pruneCheckpoints(0);
    expect(steps()).toEqual([4]);
    expect(readdirSync(join(run!.path, 'checkpoints'))).toEqual(['step-000004']);
  });
});

describe('one writer', () => {
  test('a second one in this process, and another live process, are refused', () => {
    run = RunFolder.create(newRun);
    expect(() => RunFolder.open(run!.path)).toThrow(/already writes/);
    run.close();
    expect(existsSync(join(run.path, 'trainer.lock'))).toBe(false);
    writeFileSync(join(run.path, 'trainer.lock'), JSON.stringify({ pid: process.ppid, host: hostname() }));
    expect(() => RunFolder.open(run!.path)).toThrow(RunFailure);
    expect(() => RunFolder.open(run!.path)).toThrow(`Another trainer (process ${process.ppid} on`);
  });

  test('the lock of a process that is gone is taken over', () => {
    run = RunFolder.create(newRun);
    run.close();
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeFileSync(join(run.path, 'trainer.lock'), JSON.stringify({ pid, host: hostname() }));
    run = RunFolder.open(run.path);
    expect(JSON.parse(read('trainer.lock')).pid).toBe(process.pid);
  });
});

describe('a run folder that cannot be written', () => {
  test('below a file: one sentence, and nothing is made', () => {
    writeFileSync(join(folder, 'file'), 'mine');
    const out = join(folder, 'file', 'run');
    expect(() => RunFolder.create(newRun, out)).toThrow(RunFailure);
    expect(() => RunFolder.create(newRun, out)).toThrow(
      /^.*file.run cannot be written: a part of its path is a file.*--out\.$/,
    );
    expect(() => RunFolder.create(newRun, join(folder, 'file'))).toThrow(RunFailure);
    expect(tree(folder)).toEqual(['file']);
  });

  test('when the default place is taken by a file', () => {
    writeFileSync(join(folder, '.grpo'), 'mine');
    expect(() => RunFolder.create(newRun)).toThrow(RunFailure);
    expect(tree(folder)).toEqual(['.grpo']);
  });

  // /dev/full answers every write with ENOSPC; a link to it stands for a file on a full disk.
  test.runIf(existsSync('/dev/full'))('on a full disk: one sentence, and files keep their last content', async () => {
    await runSteps(1);
    const info = read('run.json');
    symlinkSync('/dev/full', join(run!.path, '.run.json.tmp'));
    expect(() => run!.update({ step: 2 })).toThrow(RunFailure);
    expect(read('run.json')).toBe(info);
    expect(run!.info.step).toBe(0);

    symlinkSync('/dev/full', join(run!.path, 'rollouts', '.step-000002.jsonl.tmp'));
    expect(() => run!.writeRollouts(2, [rollout(2)])).toThrow(/The disk is full: .*step-000002\.jsonl/);
    expect(readdirSync(join(run!.path, 'rollouts'))).toEqual(['step-000001.jsonl']);

    rmSync(join(run!.path, 'metrics.jsonl'));
    symlinkSync('/dev/full', join(run!.path, 'metrics.jsonl'));
    expect(() => run!.appendMetrics({ step: 2 })).toThrow(/The disk is full: .*metrics\.jsonl/);

    const checkpoint = run!.writeCheckpoint(2, (path) => {
      symlinkSync('/dev/full', join(path, 'model.safetensors'));
      writeWeights(path);
    });
    await expect(checkpoint).rejects.toThrow(/The disk is full: .*step-000002 could not be written/);
    expect(readdirSync(join(run!.path, 'checkpoints'))).toEqual(['step-000001']);
  });

  test.runIf(process.platform === 'linux')('an append that does not fit leaves no part of it behind', () => {
    // A file size limit stops the write in the middle, as a full disk does (EFBIG in place of ENOSPC).
    const file = join(folder, 'metrics.jsonl');
    writeFileSync(file, '{"step":1}\n');
    const module = new URL('../../../src/run-folder/atomic-write.ts', import.meta.url).href;
    const script = `import { appendWhole } from '${module}'; process.on('SIGXFSZ', () => {});
      try { appendWhole(${JSON.stringify(file)}, 'x'.repeat(3000) + '\\n'); } catch (error) { console.log(error.name + ': ' + error.message); }`;
    const node = JSON.stringify(process.execPath);
    const { stdout, stderr } = spawnSync('sh', ['-c', `ulimit -f 2; ${node} --input-type=module -e "$0"`, script], {
      encoding: 'utf8',
    });
    expect(stdout, stderr).toMatch(/^RunFailure: .*metrics\.jsonl could not be written \(EFBIG/);
    expect(readFileSync(file, 'utf8')).toBe('{"step":1}\n');
  });
});
