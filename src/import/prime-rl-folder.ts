import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileState } from '../trl/trl-folder.ts';

/** What a training with prime-rl has written into its run directory, by paths. */
export interface PrimeRlFolder {
  /** `rollouts/step_1/train/effective/traces.jsonl`: what a step was trained on, in ascending order. */
  training: TraceFile[];
  /** The same of evaluations, which are of the policy before that step's update. */
  evaluations: TraceFile[];
  /** `metrics.jsonl` of the file monitor. */
  metrics: string | undefined;
}

export interface TraceFile {
  step: number;
  file: string;
}

const STEP = /^step_(\d+)$/;
/** `all` beside it also has what was never trained on. */
const TRACES = join('effective', 'traces.jsonl');

/** What is there now; undefined where nothing is that prime-rl writes. The folder `rollouts` itself will do. */
export function openPrimeRlFolder(path: string): PrimeRlFolder | undefined {
  const steps = stepsIn(join(path, 'rollouts'));
  if (steps.length === 0 && basename(path) !== 'rollouts') return undefined;
  const found = steps.length > 0 ? steps : stepsIn(path);
  const filesOf = (kind: string) =>
    found.flatMap(({ step, folder }) => {
      const file = join(folder, kind, TRACES);
      return existsSync(file) ? [{ step, file }] : [];
    });
  const [training, evaluations] = [filesOf('train'), filesOf('eval')];
  const isThere = found.some(({ folder }) => existsSync(join(folder, 'train')) || existsSync(join(folder, 'eval')));
  if (!isThere) return undefined;
  const metrics = join(steps.length > 0 ? path : dirname(path), 'metrics.jsonl');
  return { training, evaluations, metrics: existsSync(metrics) ? metrics : undefined };
}

/** Another text whenever a file is there that was not, or has changed. */
export const stateOfPrimeRl = ({ training, evaluations, metrics }: PrimeRlFolder): string =>
  [...training, ...evaluations, ...(metrics === undefined ? [] : [{ file: metrics }])]
    .map(({ file }) => `${file} ${fileState(file)}`)
    .join('\n');

function stepsIn(folder: string): { step: number; folder: string }[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  const steps = names.flatMap((name) => {
    const step = STEP.exec(name)?.[1];
    return step === undefined ? [] : [{ step: Number(step), folder: join(folder, name) }];
  });
  return steps.sort((a, b) => a.step - b.step);
}
