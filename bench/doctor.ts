/** How soon `grpo doctor` finds what is wrong with sick runs, and what it says of healthy ones. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { cureOf, cureText } from './doctor/cure.ts';
import { type Detection, detections } from './doctor/detection.ts';
import type { SickRun } from './doctor/sick-run.ts';
import { HEALTHY_SAMPLES, type HealthySample, SEEDS, SICK_RUNS } from './doctor/subjects.ts';
import { trainHealthy, trainSick } from './doctor/train.ts';
import { countOf, parseOptions } from './options.ts';
import { row } from './words.ts';

const OPTIONS = { seeds: { type: 'string' }, keep: { type: 'string' }, only: { type: 'string' } } as const;

export async function benchDoctor(args: string[]): Promise<void> {
  const read = parseOptions('doctor', args, OPTIONS);
  const seeds = countOf('seeds', read.seeds) ?? SEEDS;
  const folder = read.keep === undefined ? mkdtempSync(join(tmpdir(), 'grpo-doctor-')) : resolve(read.keep);
  try {
    if (read.only !== 'healthy') await sickTable(folder);
    if (read.only !== 'sick') await healthyTable(folder, seeds);
    console.log(`\n\`${['npm run bench -- doctor', ...args].join(' ')}\``);
  } finally {
    if (read.keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

async function sickTable(folder: string): Promise<void> {
  console.log(row('finding', 'cause', 'found after step', 'other findings', 'with its remedy'));
  console.log('|---|---|---|---|---|');
  for (const sick of SICK_RUNS) {
    const place = join(folder, `${sick.kind}-${digestOf(sick)}`);
    const run = await trainSick(sick, place);
    const all = await detections(run);
    const found = all.filter(({ finding }) => finding.kind === sick.kind);
    const others = all.filter(({ finding }) => finding.kind !== sick.kind);
    const cure = await cureOf(sick.kind, run, place);
    const cells = [found.map(text).join(', '), others.map(text).join(', '), cure ? cureText(sick.kind, cure) : ''];
    console.log(row(`\`${sick.kind}\``, `${sick.sample}: ${sick.cause}`, ...cells));
  }
}

async function healthyTable(folder: string, seeds: number): Promise<void> {
  console.log(`\n${row('healthy run', 'findings above information', 'notes')}\n|---|---|---|`);
  for (const sample of Object.keys(HEALTHY_SAMPLES) as HealthySample[])
    for (let seed = 1; seed <= seeds; seed++) {
      const run = await trainHealthy(sample, seed, join(folder, `${sample}-${HEALTHY_SAMPLES[sample]}-${seed}`));
      const all = await detections(run);
      const of = (isNote: boolean) => all.filter(({ finding }) => (finding.severity === 'information') === isNote);
      const steps = `${sample}, seed ${seed}, ${HEALTHY_SAMPLES[sample]} steps`;
      console.log(row(steps, of(false).map(text).join(', ') || 'none', of(true).map(text).join(', ') || 'none'));
    }
}

/** So that a kept run is that of the same case. */
const digestOf = (sick: SickRun): string => createHash('sha256').update(JSON.stringify(sick)).digest('hex').slice(0, 8);

const text = ({ step, finding, cause }: Detection): string =>
  `${step} (${finding.severity} ${finding.kind}${cause === undefined ? '' : `, part of ${cause}`})`;
