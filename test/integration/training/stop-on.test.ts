/** `stopOn`: a run that its curves say is ill stops with a checkpoint, or pauses where someone can decide. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TrainerEvent } from '../../../src/protocol/events.ts';
import { Host } from './host.ts';
import { eventsOf, metricsOf, onlyRun, runGrpo, runInfoOf, tinyWorkspace, trainHere } from './workspace.ts';

/** Nothing ends within two tokens; two groups of different lengths of letters still have a signal. */
const CUT_OFF = { maxCompletionLength: 2, minCompletionLength: 2, maxSteps: 6 };
const WHY = /^"stopOn" has "all-truncated" after step 3: In steps 1 to 3, every completion was cut off at 2 tokens/;

describe('a run whose completions are all cut off', () => {
  test('stops, says why, has a checkpoint, and continues when it is resumed', async () => {
    const folder = tinyWorkspace({ ...CUT_OFF, stopOn: ['all-truncated'] });
    const config = join(folder, 'run.grpo.json');
    const { status, stdout, stderr } = await runGrpo('train', config, '--json');
    expect(status, stderr).toBe(3);
    const end = eventsOf(stdout).at(-1);
    expect(end).toMatchObject({ type: 'end', outcome: 'stopped', step: 3, checkpoint: expect.any(String) });
    expect(end).toMatchObject({ findings: [{ kind: 'all-truncated', evidence: expect.stringMatching(WHY) }] });
    const run = onlyRun(folder);
    expect(runInfoOf(run)).toMatchObject({ state: 'stopped', step: 3, reason: expect.stringMatching(WHY) });

    const resumed = await runGrpo('train', config, '--resume', '--json');
    expect(resumed.status, resumed.stderr).toBe(0);
    expect(runInfoOf(run)).toMatchObject({ state: 'done', step: 6, reason: null });
    expect(metricsOf(run).map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('stops when it is resumed with it for the first time', async () => {
    const folder = tinyWorkspace({ ...CUT_OFF, stopOn: [] });
    const config = join(folder, 'run.grpo.json');
    expect((await trainHere(config, { set: ['maxSteps=4'] })).result.outcome).toBe('done');
    const resume = ['--resume', '--set', 'maxSteps=9', '--set', 'stopOn=["all-truncated"]'];
    expect((await runGrpo('train', config, ...resume, '--with-changes')).status).toBe(3);
    expect(runInfoOf(onlyRun(folder))).toMatchObject({ state: 'stopped', step: 5 });
  });

  test('is not stopped without it, or by another finding', async () => {
    const folder = tinyWorkspace({ ...CUT_OFF, stopOn: ['nan'] });
    expect((await trainHere(join(folder, 'run.grpo.json'))).result.outcome).toBe('done');
    expect(runInfoOf(onlyRun(folder))).toMatchObject({ state: 'done', step: 6 });
  });

  test('pauses where someone watches, and asks once', async () => {
    const folder = tinyWorkspace({ ...CUT_OFF, stopOn: ['all-truncated'] });
    const host = new Host({ configFile: join(folder, 'run.grpo.json') });
    const paused = (event: TrainerEvent) => event.type === 'state' && event.state === 'paused';
    const pause = await host.until(paused);
    expect(pause).toMatchObject({ reason: expect.stringMatching(WHY), findings: [{ kind: 'all-truncated' }] });
    host.send('resume');
    expect(await host.exit).toBe(0);
    expect(host.events.filter(paused)).toHaveLength(1);
    expect(host.events.at(-1)).toMatchObject({ type: 'end', outcome: 'done', step: 6 });
  });
});

test('a finding that does not exist is refused by name', async () => {
  const folder = tinyWorkspace({ stopOn: ['no-luck'] });
  const { status, stderr } = await runGrpo('train', join(folder, 'run.grpo.json'));
  expect(status).toBe(2);
  expect(stderr).toMatch(/run\.grpo\.json.*stopOn.*all-truncated/s);
});
