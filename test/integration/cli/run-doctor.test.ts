/** `grpo doctor RUN_DIR` on folders that are not whole. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runGrpo, tinyWorkspace, trainHere } from '../training/workspace.ts';

/** A run of which every completion is cut off. */
async function trainedRun(): Promise<string> {
  const folder = tinyWorkspace({ maxCompletionLength: 2, minCompletionLength: 2, maxSteps: 4 });
  return (await trainHere(join(folder, 'run.grpo.json'))).result.run;
}

/** After `damage` has been done to it. */
async function diagnosed(damage: (run: string) => void) {
  const run = await trainedRun();
  damage(run);
  return runGrpo('doctor', run);
}

test('says what a run shows', async () => {
  const { status, stdout } = await diagnosed(() => {});
  expect(status).toBe(1);
  expect(stdout).toMatch(/^run: 1 error.* in 4 steps\.\n\nerror \(all-truncated\): Every completion is cut off/);
});

test('metrics that are gone are no good news', async () => {
  const damages = [
    (run: string) => rmSync(join(run, 'metrics.jsonl')),
    (run: string) => writeFileSync(join(run, 'metrics.jsonl'), '{"step":-1,"reward":1}\n[]\n{"step"'),
  ];
  for (const damage of damages) {
    const { status, stdout, stderr } = await diagnosed(damage);
    expect(stderr).toMatch(/metrics\.jsonl: The run has 4 steps, but this file has none of them; restore it\./);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  }
});

test.each(['"rewards":"x"', '"stages":[null]', '"stages":{}'])('a config with %s is none', async (field) => {
  const { status, stderr } = await diagnosed((run) => {
    const file = join(run, 'run.json');
    const info = JSON.parse(readFileSync(file, 'utf8')) as { config: object };
    writeFileSync(file, JSON.stringify({ ...info, config: { ...info.config, ...JSON.parse(`{${field}}`) } }));
  });
  expect(stderr).toMatch(/run\.json: This file does not describe a run/);
  expect(status).toBe(2);
});

test('steps without readable completions are diagnosed by their curves', async () => {
  const { status, stdout } = await diagnosed((run) => {
    writeFileSync(join(run, 'rollouts/step-000003.jsonl'), 'garbage\n');
    rmSync(join(run, 'rollouts/step-000004.jsonl'));
  });
  expect(stdout).toContain('error (all-truncated)');
  expect(status).toBe(1);
});
