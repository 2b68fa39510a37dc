import type { SampleRow } from '../data/samples.ts';
import type { PreviewProblem } from '../protocol/preview.ts';
import type { WorkerFunction } from '../protocol/reward-worker.ts';
import type { RewardLanguage } from '../rewards/prepare-worker.ts';
import { nearestName } from '../text/nearest-name.ts';
import type { DatasetFacts } from './dataset-facts.ts';
import type { Parameter } from './parameters.ts';

/** What every function may ask for. */
const ROW = ['prompt', 'messages', 'renderedPrompt', 'completion', 'completionIds'];
const BATCH = ['prompts', 'messages', 'renderedPrompts', 'completions', 'completionIds'];
/** TRL 1.16's own keyword arguments. */
const TRL = ['prompts', 'completions', 'completion_ids', 'trainer_state', 'log_extra', 'log_metric'];

/** Parameters that the dataset's rows, or without a dataset the samples, have no column for, and those that only the samples lack. */
export function unknownColumns(
  parameters: Parameter[],
  { name, file, kind }: WorkerFunction & { file: string },
  language: RewardLanguage,
  { dataset, samples }: { dataset: DatasetFacts | undefined; samples: SampleRow[] },
): PreviewProblem[] {
  const own = language === 'python' ? TRL : kind === 'batch' ? BATCH : ROW;
  const inSamples = Object.keys(samples[0]?.columns ?? {});
  const columns = dataset?.columns ?? inSamples;
  // Nothing to compare with.
  if (dataset === undefined && samples.length === 0) return [];
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
    const where = dataset?.name ?? 'the samples';
    const hint =
      nearest === undefined
        ? `it has ${columns.join(', ') || 'no columns besides the prompt'}`
        : `did you mean "${nearest}"?`;
    return [{ ...place, message: `No column of ${where} provides "${parameter.name}"; ${hint}`, fix: nearest }];
  });
}
