/** Baselines and scales beyond GRPO's own: what trains is recorded, explained, and continued after a stop. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stepName } from '../../../src/protocol/run-folder.ts';
import { RunControl } from '../../../src/trainer/control.ts';
import { metricsOf, rolloutsOf, runGrpo, timeless, tinyWorkspace, trainHere } from './workspace.ts';

const explained = async (run: string, step: number): Promise<string> => {
  const { stdout } = await runGrpo('explain', run, '--step', String(step));
  return stdout.replaceAll(/\s+/g, ' ');
};

describe('baseline "history"', () => {
  const HISTORY = { baseline: 'history', maxSteps: 6, saveSteps: 2 };

  test('a run that continues equals one that never stopped, to the bit', async () => {
    const folder = tinyWorkspace(HISTORY);
    const config = join(folder, 'run.grpo.json');
    const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
    await trainHere(config, { out: whole });
    const control = new RunControl();
    await trainHere(config, {
      ...{ out: parts, control },
      onEvent: (event) => event.type === 'step' && event.step === 3 && control.stop(),
    });
    expect(metricsOf(parts)).toHaveLength(3);
    await trainHere(config, { out: parts, resume: true });

    expect(metricsOf(parts).map(timeless)).toEqual(metricsOf(whole).map(timeless));
    const same = (...path: string[]) =>
      expect(readFileSync(join(parts, ...path)).equals(readFileSync(join(whole, ...path))), path.join('/')).toBe(true);
    for (let step = 1; step <= 6; step++) same('rollouts', `${stepName(step)}.jsonl`);
    for (const file of ['model.safetensors', 'grpo_optimizer.safetensors', 'prompt_memory.json'])
      same('checkpoints', stepName(6), file);
  });

  test('records what the prompt earned before, and explains each advantage with it', async () => {
    const folder = tinyWorkspace({ ...HISTORY, maxSteps: 4 });
    const { run } = (await trainHere(join(folder, 'run.grpo.json'))).result;
    const before = new Map<string, { rows: number; mean: number }>();
    let visits = 0;
    for (let step = 1; step <= 4; step++) {
      for (const group of [0, 1]) {
        const rows = rolloutsOf(run, step).filter((row) => row.group === group);
        const rewards = rows.map(({ reward }) => reward!);
        const own = rewards.reduce((sum, reward) => sum + reward, 0);
        const key = String(rows[0]!.prompt);
        const { rows: h, mean: m } = before.get(key) ?? { rows: 0, mean: 0 };
        const baseline = (h * m + own) / (h + 4);
        for (const { reward, advantage, prompt_history: history } of rows) {
          expect(advantage).toBeCloseTo(reward! - baseline, 10);
          if (h === 0) expect(history).toBeUndefined();
          else expect([history!.rows, history!.mean]).toEqual([h, expect.closeTo(m, 10)]);
        }
        if (h > 0) visits++;
        before.set(key, { rows: (h + 4) / 2, mean: baseline });
      }
    }
    expect(visits).toBeGreaterThan(0);
    const last = rolloutsOf(run, 4)[0]!.prompt_history!;
    const text = await explained(run, 4);
    expect(text).toContain(`h = ${last.rows}, m = `);
    expect(text).toContain('b = (h × m + 4 × mean)');
    expect(text).not.toContain('but the run recorded');
    expect(await explained(run, 1)).toContain('b = mean');

    const { stdout } = await runGrpo('rescore', run, '--json');
    const steps = stdout.split('\n').flatMap((line) => (line.includes('"type":"step"') ? JSON.parse(line) : []));
    expect(steps).toHaveLength(4);
    for (const { rows } of steps)
      for (const { advantage } of rows) expect(advantage.new).toBeCloseTo(advantage.old, 10);
  });

  test('is refused where no prompt comes up twice, before anything is trained', async () => {
    const folder = tinyWorkspace({ ...HISTORY, maxSteps: 1 });
    const { status, stderr } = await runGrpo('train', join(folder, 'run.grpo.json'));
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /run\.grpo\.json:\d+:\d+: "baseline" is "history", but no prompt comes up twice: the run takes 2 prompts \(2 × 1 step\), and the dataset has 3\./,
    );
  });

  test('a row that is in the dataset twice comes up twice', async () => {
    const prompts = ['3 1 0 2', '3 1 0 2'].map((prompt) => ({ prompt, n: 0 }));
    const folder = tinyWorkspace({ ...HISTORY, maxSteps: 1 }, { 'prompts.jsonl': prompts });
    await trainHere(join(folder, 'run.grpo.json'));
  });

  test('trains on its own recording as it did, and is refused one in which no prompt comes up twice', async () => {
    const folder = tinyWorkspace({ ...HISTORY, maxSteps: 3 });
    const config = join(folder, 'run.grpo.json');
    const first = (await trainHere(config)).result;
    const recorded = [1, 2, 3].map((step) => rolloutsOf(first.run, step));
    const write = (name: string, rows: object[]) => {
      writeFileSync(join(folder, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
      return join(folder, name);
    };
    const again = (await trainHere(config, { rollouts: write('all.jsonl', recorded.flat()) })).result;
    for (const step of [1, 2, 3])
      expect(rolloutsOf(again.run, step).map(({ advantage }) => advantage)).toEqual(
        recorded[step - 1]!.map(({ advantage }) => advantage),
      );
    const [a, b] = [first, again].map(({ checkpoint }) =>
      readFileSync(join(checkpoint!, 'prompt_memory.json'), 'utf8'),
    );
    expect(a).toBe(b);

    const once = write('once.jsonl', recorded[0]!);
    const { status, stderr } = await runGrpo('train', config, '--rollouts', once, '--set', 'maxSteps=1');
    expect(status).toBe(2);
    expect(stderr).toContain('no prompt comes up twice in the recorded step; use the baseline "group"');
  });

  test('a damaged memory is named', async () => {
    const folder = tinyWorkspace({ ...HISTORY, maxSteps: 2 });
    const config = join(folder, 'run.grpo.json');
    const { checkpoint, run } = (await trainHere(config)).result;
    writeFileSync(join(checkpoint!, 'prompt_memory.json'), '{"version":1,"histories":{"a":{"rows":"four"}}}');
    const { status, stderr } = await runGrpo('train', config, '--out', run, '--resume', '--set', 'maxSteps=3');
    expect(status).toBe(2);
    expect(stderr).toMatch(/prompt_memory\.json: This is not what a run remembers .*; remove this checkpoint/);
  });
});

test.each([
  ['leave-one-out', { baseline: 'leave-one-out' }, 'A = R − mean of the others'],
  ['adaptive', { scaleRewards: 'adaptive' }, 'd = √( (G × std² + 4 × std of step²) ÷ (G + 4) )'],
])('%s: the explanation comes to what was recorded', async (_, changes, formula) => {
  const folder = tinyWorkspace({ ...changes, maxSteps: 2 });
  const { run } = (await trainHere(join(folder, 'run.grpo.json'))).result;
  for (const { grad_norm } of metricsOf(run)) expect(grad_norm).toBeGreaterThan(0);
  const text = await explained(run, 2);
  expect(text).toContain(formula);
  expect(text).not.toContain('but the run recorded');
});
