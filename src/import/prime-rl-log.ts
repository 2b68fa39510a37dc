/**
 * Reads what prime-rl's file monitor writes: `FileMonitor` in src/prime_rl/monitors/file.py (commit 559b4477), whose lines are episodes of
 * verifiers, `Episode.to_record` in verifiers/v1/episode.py (commit a60a606e, and verifiers 0.4.0); prime-rl 0.7 and 0.8 write traces at the same
 * place.
 */
import { BadInput } from '../protocol/errors.ts';
import { usualSize } from './grouped-rows.ts';
import { LoggedLines, linesOf } from './logged-lines.ts';
import { LoggedMetrics } from './logged-metrics.ts';
import { openPrimeRlFolder, type PrimeRlFolder, stateOfPrimeRl, type TraceFile } from './prime-rl-folder.ts';
import { groupKey, primeRlRows, weightsOfTraces } from './prime-rl-rows.ts';
import { tracesOf } from './prime-rl-traces.ts';
import type { LoggedBatch, LogReader, TrainingLog } from './training-log.ts';

/** What the dashboard calls prime-rl's metrics; the others keep their names. */
const NAMES = new Map([
  ['loss/mean', 'loss'],
  ['optim/lr', 'learning_rate'],
  ['optim/grad_norm', 'grad_norm'],
  ['entropy/all/mean', 'entropy'],
  ['time/step', 'step_time'],
]);

/** The reader of a run directory of prime-rl; undefined where it is none. */
export function openPrimeRlLog(source: string): LogReader | undefined {
  if (!openPrimeRlFolder(source)) return undefined;
  const lines: Lines = new LoggedLines((rows, file) => {
    const traces = rows.map((line) => {
      const found = tracesOf(line);
      if (!found)
        throw new BadInput('This line is neither an episode nor a trace of verifiers.', { file, line: line.line });
      return found;
    });
    const all = traces.flat();
    return {
      count: all.length,
      weights: weightsOfTraces(all),
      size: usualSize(all.map(groupKey)),
      hasAdvantages: all.some(({ trace }) => trace.nodes.some(({ advantages }) => advantages)),
      model: all.flatMap(({ trace }) => trace.calls.map(({ model }) => model)).find((model) => model) ?? undefined,
      // Evaluations are called after the step that is trained next.
      policy: all.reduce<number | undefined>(
        (least, { policy }) => (least === undefined ? policy : Math.min(least, policy ?? least)),
        undefined,
      ),
    };
  });
  const folder = (): PrimeRlFolder => {
    const now = openPrimeRlFolder(source);
    if (!now) throw new BadInput(`${source} is no longer there.`);
    return now;
  };
  return { from: 'prime-rl', state: () => stateOfPrimeRl(folder()), read: async () => readPrimeRl(folder(), lines) };
}

interface Described {
  count: number;
  weights: Map<string, number>;
  size: number;
  hasAdvantages: boolean;
  model: string | undefined;
  policy: number | undefined;
}
type Lines = LoggedLines<Described>;

function readPrimeRl(found: PrimeRlFolder, lines: Lines): TrainingLog {
  const files = [...found.training, ...found.evaluations];
  const read = lines.read(files.map(({ file }) => file));
  const batchesOf = (steps: readonly TraceFile[], isEvaluation: boolean): LoggedBatch[] =>
    steps.flatMap(({ step: written, file }) => {
      const known = read.get(file);
      if (!known || known.described.count === 0) return [];
      const { count, policy } = known.described;
      const step = isEvaluation ? (policy ?? written) : written;
      return { step, isEvaluation, count, digest: known.digest, rows: async () => primeRlRows(step, linesOf(file)) };
    });
  const described = [...read.values()].map((one) => one.described);
  const metrics = new LoggedMetrics(NAMES);
  if (found.metrics !== undefined)
    for (const { value } of linesOf(found.metrics)) {
      const { step, time: _, ...values } = value;
      metrics.take(step, values);
    }
  const trained = found.training.flatMap(({ file }) => read.get(file)?.described ?? []);
  const model = described.find((one) => one.model !== undefined)?.model;
  return {
    batches: [...batchesOf(found.training, false), ...batchesOf(found.evaluations, true)],
    metrics: metrics.rows,
    weights: new Map(described.flatMap(({ weights }) => [...weights])),
    numGenerations: trained.at(-1)?.size ?? 1,
    // Its `grpo` subtracts the mean of the group, and that is all.
    args: { scale_rewards: 'none', ...(model !== undefined && { model_name_or_path: model }) },
    ...{ maxSteps: undefined, done: false, startedAt: undefined },
    missing: [...lines.problems, ...missingFrom(found, trained)],
    missingColumns: undefined,
  };
}

function missingFrom({ evaluations, metrics }: PrimeRlFolder, trained: readonly Described[]): string[] {
  const missing: string[] = [];
  if (trained.length === 0)
    missing.push(
      'No step has its completions yet: they come when its batch is whole, in rollouts/step_N/train/effective.',
    );
  if (metrics === undefined)
    missing.push(
      'Curves beyond the reward are not there: leave out --no-monitors.file, so that prime-rl writes metrics.jsonl.',
    );
  if (evaluations.length === 0)
    missing.push('There are no held-out completions: add an environment under [[orchestrator.eval.env]].');
  if (trained.length > 0 && !trained.some(({ hasAdvantages }) => hasAdvantages))
    missing.push(
      'These traces have no advantages: those here are reward - mean of the group, the default of prime-rl. Later releases than 0.8 write their own.',
    );
  if (trained.length > 0)
    missing.push('prime-rl writes no settings here: those that are shown are defaults, except for the size of groups.');
  return missing;
}
