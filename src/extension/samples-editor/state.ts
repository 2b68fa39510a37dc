import { basename } from 'node:path';
import { workspace } from 'vscode';
import type { SamplesState } from '../../protocol/samples-view.ts';
import type { SampleScores, ScoredSamples } from '../workspace/sample-scores.ts';

/** The state of a whole samples file. */
export function samplesState(file: string, scores: SampleScores): SamplesState {
  const preview = scores.of(file);
  const { functions = [], stale = false } = preview?.result ?? {};
  return {
    type: 'state',
    title: basename(file),
    editable: workspace.isTrusted,
    running: preview?.running ?? false,
    stale,
    note: noteOf(scores, preview),
    functions: functions.map(({ name, weight, mean, std, failed, abstained, state }) => {
      return { name, weight, mean, std, failed, abstained, state };
    }),
  };
}

/** Why there are no scores, or none of the newest text. */
function noteOf({ enabled }: SampleScores, preview: ScoredSamples | undefined): string | null {
  if (!workspace.isTrusted)
    return "Restricted Mode: samples can be read, but not edited or scored, because scoring runs this workspace's reward functions.";
  if (!enabled) return 'Scores are turned off by the setting grpo.preview.enabled.';
  if (!preview) return 'No run config or reward file uses these samples, so they have no scores.';
  const { result, broken, problems, subject } = preview;
  // What is wrong with a sample is said in its line.
  const error = problems.find(({ severity, file }) => severity === 'error' && file !== subject.samplesPlace);
  const missing = result?.stale || result?.functions.length === 0;
  return broken ?? (missing && error ? `${basename(error.file)}, line ${error.line}: ${error.message}` : null);
}
