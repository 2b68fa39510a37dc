import type { SampleRow } from '../data/samples.ts';
import type { PreviewProblem } from '../protocol/preview.ts';
import type { DatasetFacts } from './dataset-facts.ts';

/** Generated samples whose prompt the dataset no longer gives: it, or the config's `prompt`, has changed since. */
export function otherPrompts(
  samples: readonly SampleRow[],
  dataset: DatasetFacts | undefined,
  file: string,
): PreviewProblem[] {
  if (!dataset) return [];
  const message = `This sample was generated for a prompt that ${dataset.name} no longer gives; replace it with GRPO: Generate Samples.`;
  return samples
    .filter(({ generated, prompt }) => generated && !dataset.gives(prompt))
    .map(({ line }) => ({ file, line, column: 1, severity: 'information', message, code: 'other-prompt' }));
}
