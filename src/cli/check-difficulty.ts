import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  differingSetting,
  difficultySettings,
  measureDifficulty,
  withSolveRates,
} from '../check/measure-difficulty.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { type DifficultySettings, type MeasuredPrompt, readDifficulty } from '../data/difficulty.ts';
import { mean } from '../grpo/statistics.ts';
import { BadInput } from '../protocol/errors.ts';
import { phaseText } from '../protocol/phase-text.ts';
import { appendWhole, atomicWrite, checkPlace } from '../run-folder/atomic-write.ts';
import { difficultyName } from '../text/files-by-name.ts';
import type { CommandOf } from './commands.ts';
import { print, printJson, warn } from './output.ts';
import { rewardWorker } from './reward-worker.ts';
import { StatusLine } from './status-line.ts';

/** What to choose another one of where the file cannot be written. */
const PLACE = 'file with "difficulty.file" in the run config';

/**
 * `grpo check --difficulty`: writes how often the start model solves each training prompt. The file grows batch by batch: a command that was
 * ended is continued by the next one.
 */
export async function difficultyCommand(
  loaded: LoadedConfig,
  { n, solvedAt, json }: CommandOf<'check'>,
): Promise<number> {
  const file = loaded.config.difficulty?.file ?? join(loaded.directory, difficultyName(loaded.file));
  checkPlace(file, PLACE);
  const settings = difficultySettings(loaded, n);
  const known = readKnown(file, settings);
  const status = new StatusLine(process.stderr);
  let order: readonly string[] = [];
  try {
    const options = {
      ...{ rewardWorker, n, known: new Set(known.keys()) },
      onWarning: warn,
      onLoad: (share: number) => status.show(phaseText('load', share)),
    };
    for await (const { prompts, keys } of measureDifficulty(loaded, options)) {
      order = keys;
      for (const prompt of prompts) known.set(prompt.key, prompt);
      // At first, what an ended command has left is written again: its last line may be torn.
      if (prompts.length > 0) appendWhole(file, linesOf(prompts));
      else atomicWrite(file, linesOf([{ settings }, ...known.values()]), { place: PLACE });
      status.show(`${keys.filter((key) => known.has(key)).length} of ${keys.length} prompts`);
    }
  } finally {
    status.clear();
  }
  // One line for each prompt, in the order of the dataset.
  const all = [...new Set(order)].map((key) => known.get(key)!);
  const rated = withSolveRates(all, solvedAt);
  atomicWrite(file, linesOf([{ settings }, ...rated.prompts]), { place: PLACE });

  const rates = rated.prompts.map(({ solve_rate }) => solve_rate);
  const never = rates.filter((rate) => rate === 0).length;
  const always = rates.filter((rate) => rate === 1).length;
  const summary = { file, prompts: rates.length, n, solvedAt: rated.solvedAt, never, always, mean: mean(rates) };
  if (json) printJson(summary);
  else printSummary(summary);
  return 0;
}

interface Summary {
  file: string;
  prompts: number;
  n: number;
  solvedAt: number;
  never: number;
  always: number;
  mean: number | null;
}

function printSummary({ file, prompts, n, solvedAt, never, always, mean }: Summary): void {
  const sometimes = prompts - never - always;
  print(`${prompts} prompts, ${n} completions each; solved means a reward of at least ${Number(solvedAt.toFixed(4))}:`);
  print(
    `  ${never} never, ${sometimes} sometimes, ${always} always; ${Math.round(100 * (mean ?? 0))} % of all completions`,
  );
  print(`Wrote ${file}.`);
  if (sometimes > 0 && sometimes < prompts)
    print('To train on what is solved sometimes: "difficulty": { "min": 0.01, "max": 0.99 }');
}

/** What an earlier command has measured, by key. Throws BadInput where it did so with other settings. */
function readKnown(file: string, settings: DifficultySettings): Map<string, MeasuredPrompt> {
  if (!existsSync(file)) return new Map();
  const before = readDifficulty(file);
  const name = differingSetting(before.settings, settings);
  if (name !== undefined) {
    const [was, is] = [before.settings[name], settings[name]].map((value) => JSON.stringify(value));
    throw new BadInput(`This file was measured with ${name} ${was}, which is now ${is}; delete it to measure again.`, {
      file,
    });
  }
  // A solve rate depends on all prompts: it is computed again.
  return new Map(before.prompts.map(({ solve_rate: _, ...prompt }) => [prompt.key, prompt]));
}

const linesOf = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
