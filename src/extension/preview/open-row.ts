import { Position, ViewColumn } from 'vscode';
import { showAt } from '../workspace/show-at.ts';
import type { Preview } from './preview.ts';

/** Shows a row of the result in the samples file, where it is now. */
export async function openRow(preview: Preview, row: number): Promise<void> {
  await showAt(preview.subject.samplesPlace, new Position(preview.rowLine(row), 0), ViewColumn.Active);
}

/** Shows a reward function. */
export async function openFunction(preview: Preview, name: string): Promise<void> {
  const described = preview.result?.functions.find((candidate) => candidate.name === name);
  if (!described) return;
  const { line } = preview.functionsIn(described.file).find((found) => found.described === described)!;
  await showAt(described.file, new Position(line, 0), ViewColumn.Active);
}
