import { join } from 'node:path';
import type { ExtensionContext } from 'vscode';
import { reasonIn } from '../../processes/reason-in.ts';
import { type DatasetSummary, datasetSummary } from '../../protocol/dataset-summary.ts';
import { badInputText } from '../../protocol/errors.ts';
import { GrpoCommand } from './grpo-command.ts';

/** Runs `grpo data` with these arguments: a summary, or why there is none, in a sentence. */
export function runDatasetCommand(
  { extensionPath }: Pick<ExtensionContext, 'extensionPath'>,
  args: string[],
  cwd: string,
): { result: Promise<DatasetSummary | string>; cancel(): void } {
  let summary: DatasetSummary | undefined;
  const read = (line: string) => {
    summary = datasetSummary.parse(JSON.parse(line));
  };
  const command = new GrpoCommand(join(extensionPath, 'dist', 'grpo.js'), ['data', ...args], cwd, read);
  const result = command.exited.then(
    ({ problem, lastWords }) => summary ?? (problem ? badInputText(problem) : reasonIn(lastWords)),
  );
  return { result, cancel: () => command.dispose() };
}
