/** What a run shows and decides before its first update, and what it measures on held-out prompts before and after. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TrainerEvent } from '../../../src/protocol/events.ts';
import { stepName } from '../../../src/protocol/run-folder.ts';
import { RunControl } from '../../../src/trainer/control.ts';
import { Host } from './host.ts';
import {
  eventsOf,
  metricsOf,
  onlyRun,
  rolloutsOf,
  runGrpo,
  runInfoOf,
  startGrpo,
  timeless,
  tinyWorkspace,
  trainHere,
  untilEvent,
} from './workspace.ts';

/** Nothing ends within two tokens, and every completion gets the same. */
const HOPELESS = { maxCompletionLength: 2, minCompletionLength: 2 };
const CONSTANT = { 'letters.reward.ts': 'export const letters = () => 0;\n' };
const CUT_OFF = 'Nothing can be learned from the first step: all 8 completions were cut off at 2 tokens.';

const is =
  <T extends TrainerEvent['type']>(type: T) =>
  (event: TrainerEvent): event is Extract<TrainerEvent, { type: T }> =>
    event.type === type;
const isPaused = (event: TrainerEvent) => event.type === 'state' && event.state === 'paused';

describe("a step's completions", () => {
  test('can be read as soon as they are scored, before the policy is updated', async () => {
    const folder = tinyWorkspace({ maxSteps: 2 });
    const read: unknown[] = [];
    const { events } = await trainHere(join(folder, 'run.grpo.json'), {
      onEvent(event) {
        if (event.type === 'scored') read.push([rolloutsOf(onlyRun(folder), event.step).length, event.completions]);
      },
    });
    expect(read).toEqual([
      [8, 8],
      [8, 8],
    ]);
    const order = events.flatMap((event) => {
      if (event.type === 'phase') return [event.phase];
      return event.type === 'scored' || event.type === 'step' ? [event.type] : [];
    });
    const step = ['rollout', 'score', 'scored', 'update', 'step'];
    expect(order.slice(order.indexOf('rollout'))).toEqual([...step, ...step, 'save']);
    const [first] = events.filter(is('scored'));
    expect(first!.reward).toBeCloseTo(events.find(is('step'))!.metrics.reward!, 10);
  });

  test('of a step that was killed are gone when the run continues, which ends as if it had not been', async () => {
    const folder = tinyWorkspace({ maxSteps: 4, saveSteps: 2, evalDataset: 'prompts.jsonl' });
    const config = join(folder, 'run.grpo.json');
    const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
    await trainHere(config, { out: whole });
    const killed = startGrpo(['train', config, '--out', parts, '--json']);
    await untilEvent(killed.child, (event) => event.type === 'scored' && event.step === 3);
    killed.child.kill('SIGKILL');
    await killed.finished;
    expect(existsSync(join(parts, 'rollouts', `${stepName(3)}.jsonl`))).toBe(true);

    const { status, stdout } = await runGrpo('train', config, '--out', parts, '--resume', '--json');
    expect(status).toBe(0);
    expect(eventsOf(stdout).find(is('start'))).toMatchObject({ resumedFrom: 2 });
    expect(metricsOf(parts).map(timeless)).toEqual(metricsOf(whole).map(timeless));
    const files = [1, 2, 3, 4].map((step) => join('rollouts', `${stepName(step)}.jsonl`));
    for (const file of [...files, join('checkpoints', stepName(4), 'model.safetensors')])
      expect(readFileSync(join(parts, file)).equals(readFileSync(join(whole, file))), file).toBe(true);
  });
});

describe('held-out prompts', () => {
  test('are evaluated before the first step and after the last, and the run says what it came to', async () => {
    const folder = tinyWorkspace({ maxSteps: 2, evalDataset: 'prompts.jsonl' });
    const { status, stderr, stdout } = await runGrpo('train', join(folder, 'run.grpo.json'), '--json');
    expect(status, stderr).toBe(0);
    const run = onlyRun(folder);
    const [start, first, last] = metricsOf(run);
    expect(start).toEqual({
      ...{ step: 0, eval_reward: expect.any(Number), 'eval_rewards/letters/mean': start!.eval_reward },
      ...{ 'eval_completions/mean_length': expect.any(Number), 'eval_completions/clipped_ratio': expect.any(Number) },
      'time/evaluate': expect.any(Number),
    });
    expect(first).not.toHaveProperty('eval_reward');
    expect(last).toMatchObject({ step: 2, eval_reward: expect.any(Number), reward: expect.any(Number) });
    const heldOut = {
      first: { step: 0, reward: start!.eval_reward },
      last: { step: 2, reward: last!.eval_reward },
    };
    const events = eventsOf(stdout);
    expect(events.at(-1)).toMatchObject({ type: 'end', outcome: 'done', heldOut });
    expect(runInfoOf(run).heldOut).toEqual(heldOut);
    expect(events.filter(is('eval')).map(({ step }) => step)).toEqual([0, 2]);

    // The same prompts and the same random numbers as the command takes.
    const evaluated = await runGrpo('eval', join(folder, 'run.grpo.json'), '--json');
    expect(JSON.parse(evaluated.stdout)).toMatchObject({ reward: start!.eval_reward });
  });

  test('are at most 64 unless the config says which; none when it is switched off', async () => {
    const prompts = Array.from({ length: 70 }, (_, n) => ({ prompt: `${n}`, n }));
    const files = { 'many.jsonl': prompts };
    const config = { maxSteps: 1, evalDataset: 'many.jsonl', numGenerationsEval: 1, promptsPerStep: 4 };
    const evaluatedIn = async (more: object) => {
      const shares = new Set<number>();
      const folder = tinyWorkspace({ ...config, ...more }, files);
      await trainHere(join(folder, 'run.grpo.json'), {
        onEvent(event) {
          if (event.type === 'phase' && event.phase === 'evaluate') shares.add(event.share!);
        },
      });
      // Batches of 16 prompts: the shares of those that were done before each.
      return [...shares].map((share) => Math.round(share * 1000) / 1000);
    };
    expect(await evaluatedIn({})).toEqual([0, 0.25, 0.5, 0.75]);
    expect(await evaluatedIn({ evalSteps: 1, evalOnStart: false })).toHaveLength(5);
    expect(await evaluatedIn({ evalPrompts: 16 })).toEqual([0]);
    expect(await evaluatedIn({ evalOnStart: false })).toEqual([]);
  });

  test('are not evaluated again by a resume', async () => {
    const folder = tinyWorkspace({ maxSteps: 2, evalDataset: 'prompts.jsonl' });
    const config = join(folder, 'run.grpo.json');
    const out = join(folder, 'run');
    const stopAtOnce = new RunControl();
    await trainHere(config, {
      out,
      control: stopAtOnce,
      onEvent: ({ type }) => void (type === 'eval' && stopAtOnce.stop()),
    });
    expect(metricsOf(out).map(({ step }) => step)).toEqual([0]);
    const before = metricsOf(out)[0]!;
    const evaluations = (events: TrainerEvent[]) => events.filter(is('eval')).map(({ step }) => step);

    const stop = new RunControl();
    const again = await trainHere(config, {
      ...{ out, resume: true, control: stop },
      onEvent: ({ type }) => void (type === 'step' && stop.stop()),
    });
    expect(evaluations(again.events)).toEqual([]);
    expect(metricsOf(out)[0]).toEqual(before);

    const whole = await trainHere(config, { out, resume: true });
    expect(evaluations(whole.events)).toEqual([2]);
    expect(whole.events.at(-1)).toMatchObject({ heldOut: { first: { step: 0, reward: before.eval_reward } } });
  });

  test('of a run that starts over with other settings are evaluated under these', async () => {
    const folder = tinyWorkspace({ maxSteps: 1, evalDataset: 'prompts.jsonl' });
    const config = join(folder, 'run.grpo.json');
    const out = join(folder, 'run');
    const control = new RunControl();
    const onEvent = ({ type }: TrainerEvent) => void (type === 'eval' && control.stop());
    const stopped = await trainHere(config, { out, control, onEvent });
    expect(stopped.result.step).toBe(0);
    const set = ['maxCompletionLength=4'];
    const { events } = await trainHere(config, { out, resume: true, set, differences: 'with-changes' });
    expect(events.filter(is('eval')).map(({ step }) => step)).toEqual([0, 1]);
    expect(metricsOf(out).map(({ step }) => step)).toEqual([0, 1]);
  });
});

describe('a first step that teaches nothing', () => {
  const startHost = (folder: string) => new Host({ configFile: join(folder, 'run.grpo.json'), checkFirst: true });

  test('pauses a run that someone watches, before its first update; its completions stay when it is stopped', async () => {
    const folder = tinyWorkspace(HOPELESS, CONSTANT);
    const host = startHost(folder);
    const place = { file: join(folder, 'run.grpo.json'), path: ['maxCompletionLength'] };
    const remedy = { action: 'set', path: ['maxCompletionLength'], value: expect.any(Number) };
    const finding = { kind: 'all-truncated', severity: 'error', evidence: expect.any(String), place, remedy };
    expect(await host.until(isPaused)).toMatchObject({ reason: CUT_OFF, findings: [finding] });
    expect(host.events.some((event) => event.type === 'phase' && event.phase === 'update')).toBe(false);
    host.send('stop');
    expect(await host.exit).toBe(0);
    expect(host.events.at(-1)).toMatchObject({ type: 'end', outcome: 'stopped', step: 0 });
    const run = onlyRun(folder);
    expect(rolloutsOf(run, 1)).toHaveLength(8);
    expect(metricsOf(run)).toEqual([]);
  });

  test('is trained on when that is wanted, and the run that never had a signal says so at its end', async () => {
    const folder = tinyWorkspace(HOPELESS, CONSTANT);
    const host = startHost(folder);
    await host.until(isPaused);
    host.send('resume');
    expect(await host.exit).toBe(0);
    const evidence =
      'Nothing was learned: no group of any step had a learning signal. In the last step, all 8 completions were cut off at 2 tokens.';
    const findings = [{ kind: 'nothing-learned', severity: 'error', evidence }];
    expect(host.events.at(-1)).toMatchObject({ type: 'end', outcome: 'done', step: 3, findings });
    expect(runInfoOf(onlyRun(folder))).toMatchObject({ state: 'done', findings });
  });

  test('is a warning where nobody watches, and changes nothing of the run', async () => {
    const folder = tinyWorkspace({ ...HOPELESS, maxSteps: 1 }, CONSTANT);
    const { status, stderr } = await runGrpo('train', join(folder, 'run.grpo.json'));
    expect(status).toBe(0);
    expect(stderr).toMatch(new RegExp(`^warning: ${CUT_OFF} Set "maxCompletionLength" to \\d+\\.$`, 'm'));
    expect(stderr).toMatch(/^warning: Nothing was learned: .* Set "maxCompletionLength" to \d+\.\ndone after step 1/m);
  });

  test('is not one where a group differs, and a run with the check is the same as one without', async () => {
    const folder = tinyWorkspace();
    const checked = startHost(folder);
    expect(await checked.exit).toBe(0);
    expect(checked.events.some(isPaused)).toBe(false);
    expect(checked.events.at(-1)).not.toHaveProperty('findings');
    const out = join(folder, 'unchecked');
    await trainHere(join(folder, 'run.grpo.json'), { out });
    expect(metricsOf(onlyRun(folder)).map(timeless)).toEqual(metricsOf(out).map(timeless));
  });
});
