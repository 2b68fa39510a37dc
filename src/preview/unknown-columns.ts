import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { SampleRow } from '../data/samples.ts';
import { parseJsonLines } from '../files/json-lines.ts';
import { readStart } from '../files/text.ts';
import type { PreviewProblem } from '../protocol/preview.ts';
import type { WorkerFunction } from '../protocol/reward-worker.ts';
import type { RewardLanguage } from '../rewards/prepare-worker.ts';
import { nearestName } from '../text/nearest-name.ts';
import type { Parameter } from './parameters.ts';

/** What every function may ask for. */
const ROW = ['prompt', 'messages', 'renderedPrompt', 'completion', 'completionIds'];
const BATCH = ['prompts', 'messages', 'renderedPrompts', 'completions', 'completionIds'];
/** TRL 1.16's own keyword arguments. */
const TRL = ['prompts', 'completions', 'completion_ids', 'trainer_state', 'log_extra', 'log_metric'];
/** Of a dataset, its beginning tells the columns. */
const READ_BYTES = 4 * 2 ** 20;

/** Parameters that the dataset's rows, or without a dataset the samples, have no column for, and those that only the samples lack. */
export function unknownColumns(
  parameters: Parameter[],
  { name, file, kind }: WorkerFunction & { file: string },
  language: RewardLanguage,
  { dataset, samples }: { dataset: string | string[] | null; samples: SampleRow[] },
): PreviewProblem[] {
  const own = language === 'python' ? TRL : kind === 'batch' ? BATCH : ROW;
  const inDataset = dataset === null ? undefined : datasetColumns(firstOf(dataset));
  const inSamples = Object.keys(samples[0]?.columns ?? {});
  const columns = inDataset ?? inSamples;
  // Nothing to compare with.
  if (inDataset === undefined && samples.length === 0) return [];
  return parameters.flatMap((parameter): PreviewProblem[] => {
    const known = own.includes(parameter.name);
    const inAll = columns.includes(parameter.name) && (samples.length === 0 || inSamples.includes(parameter.name));
    if (known || inAll) return [];
    const { line, column, endColumn } = parameter;
    const place = {
      file,
      line,
      column,
      endLine: line,
      endColumn,
      severity: 'warning' as const,
      code: 'unknown-column' as const,
    };
    if (columns.includes(parameter.name)) {
      const message = `The samples have no column "${parameter.name}", so "${name}" cannot be scored as in a run; add the column to their rows.`;
      return [{ ...place, message }];
    }
    const nearest = nearestName(parameter.name, [...own, ...columns]);
    const where = dataset === null ? 'the samples' : basename(firstOf(dataset));
    const hint =
      nearest === undefined
        ? `it has ${columns.join(', ') || 'no columns besides the prompt'}`
        : `did you mean "${nearest}"?`;
    return [{ ...place, message: `No column of ${where} provides "${parameter.name}"; ${hint}`, fix: nearest }];
  });
}

const firstOf = (dataset: string | string[]): string => [dataset].flat()[0]!;

const known = new Map<string, { changed: number; columns: string[] }>();

/** Undefined when it cannot be read: the run config says so itself. */
function datasetColumns(file: string): string[] | undefined {
  try {
    const changed = statSync(file).mtimeMs;
    const before = known.get(file);
    if (before?.changed === changed) return before.columns;
    const rows = parseJsonLines(readStart(file, 'dataset', READ_BYTES), file, () => {});
    const names = new Set(rows.flatMap(({ value }) => Object.keys(value)));
    for (const name of ['prompt', 'prompts', 'completion', 'completions', 'completion_ids']) names.delete(name);
    known.set(file, { changed, columns: [...names] });
    return [...names];
  } catch {
    return undefined;
  }
}
