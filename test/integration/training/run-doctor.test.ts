/** Real runs under the doctor, a few of those of `npm run bench -- doctor`: sick ones get their finding within ten steps, a healthy one none. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { detections } from '../../../bench/doctor/detection.ts';
import { SICK_RUNS } from '../../../bench/doctor/subjects.ts';
import { trainHealthy, trainSick } from '../../../bench/doctor/train.ts';

const QUICK = ['no-signal', 'length-collapse', 'kl-runaway', 'nan', 'learning-rate'];

function folder(): string {
  const created = mkdtempSync(join(tmpdir(), 'grpo-doctor-'));
  onTestFinished(() => rmSync(created, { recursive: true, force: true }));
  return created;
}

test.each(QUICK)('a run with %s', async (kind) => {
  const sick = SICK_RUNS.find((run) => run.kind === kind)!;
  const found = (await detections(await trainSick(sick, folder()))).find(({ finding }) => finding.kind === kind);
  expect(found?.step).toBeLessThanOrEqual(10);
});

test('a healthy run', async () => {
  const found = await detections(await trainHealthy('sort', 1, folder(), 15));
  expect(found.filter(({ finding }) => finding.severity !== 'information')).toEqual([]);
  // That clip ratios are always 0 is worth a note, not more.
  expect(found.map(({ finding }) => finding.kind)).toContain('never-clips');
});
