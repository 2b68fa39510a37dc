import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_FILE } from '../files/open-file.ts';
import { readText } from '../files/text.ts';
import { BadInput } from '../protocol/errors.ts';
import { RUN_FILES, stepOfName } from '../protocol/run-folder.ts';
import { isCompletion } from '../run-folder/rollouts.ts';
import type { ExportedRun } from './exported-run.ts';

/** Where a completion comes from: `train` ones were sampled in a step, `eval` ones for the held-out prompts after it. */
export type Split = 'train' | 'eval';

/** A file with recorded completions. */
export interface RecordedFile {
  run: ExportedRun;
  split: Split;
  step: number;
  file: string;
}

export interface StepSpan {
  from: number;
  to: number;
}

/** The files of runs in the order in which they were written. Throws BadInput when there is none. */
export function recordedFiles(runs: readonly ExportedRun[], span?: StepSpan): RecordedFile[] {
  const found = runs.flatMap((run) => {
    const files = [...filesOf(run, 'train', RUN_FILES.rollouts), ...filesOf(run, 'eval', RUN_FILES.evaluations)];
    // Stable: the completions of a step come before its evaluation.
    return files.sort((a, b) => a.step - b.step);
  });
  if (found.length === 0) throw new BadInput(`There are no recorded completions in ${places(runs)} yet.`);
  const files = found.filter(({ step }) => !span || (step >= span.from && step <= span.to));
  if (files.length > 0) return files;
  const [first, last] = [found[0]!.step, found.at(-1)!.step];
  throw new BadInput(
    `There are no recorded completions of steps ${span!.from} to ${span!.to}, only of ${first} to ${last}.`,
  );
}

/** The rows of such a file as they are written, without a torn last one. Throws BadInput at the line that is no completion. */
export function* linesOf({ file }: RecordedFile): Generator<string> {
  const lines = readText(file, RUN_FILE).split('\n');
  for (const [index, line] of lines.entries()) {
    if (line === '' || (index === lines.length - 1 && !isRow(line))) continue;
    if (!isRow(line))
      throw new BadInput('This line is not a recorded completion; exclude the step with --steps.', {
        file,
        line: index + 1,
      });
    yield line;
  }
}

const places = (runs: readonly ExportedRun[]): string => runs.map(({ folder }) => folder).join(', ');

function filesOf(run: ExportedRun, split: Split, folder: string): RecordedFile[] {
  const place = join(run.folder, folder);
  let names: string[] = [];
  try {
    names = readdirSync(place);
  } catch {
    // Not recorded by its release, or none yet.
  }
  return names
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => {
      const step = stepOfName(name);
      return step === undefined ? [] : [{ run, split, step, file: join(place, name) }];
    });
}

function isRow(line: string): boolean {
  try {
    return isCompletion(JSON.parse(line));
  } catch {
    return false;
  }
}
