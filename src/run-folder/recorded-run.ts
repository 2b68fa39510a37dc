import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_FILE } from '../files/open-file.ts';
import { readText } from '../files/text.ts';
import { BadInput } from '../protocol/errors.ts';
import {
  type MetricsRow,
  metricsRow,
  parseJsonLines,
  RUN_FILES,
  type RunInfo,
  runInfo,
  stepOfName,
} from '../protocol/run-folder.ts';

export interface Checkpoint {
  step: number;
  path: string;
}

/** Complete checkpoints, oldest first. */
export function listCheckpoints(run: string): Checkpoint[] {
  const folder = join(run, RUN_FILES.checkpoints);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => ({ step: stepOfName(name) ?? -1, path: join(folder, name) }))
    .filter(({ step, path }) => step >= 0 && statSync(path).isDirectory())
    .sort((a, b) => a.step - b.step);
}

export function readRunInfo(run: string): RunInfo {
  const file = join(run, RUN_FILES.info);
  if (!existsSync(file)) throw new BadInput(`There is no run in ${run} (no ${RUN_FILES.info}).`);
  try {
    return runInfo.parse(JSON.parse(readText(file, RUN_FILE)));
  } catch {
    throw new BadInput('This file does not describe a run; start a new run instead.', { file });
  }
}

/** The rows of `metrics.jsonl`, without a torn last one. */
export function readMetrics(run: string): MetricsRow[] {
  const file = join(run, RUN_FILES.metrics);
  if (!existsSync(file)) return [];
  try {
    return parseJsonLines(readText(file, RUN_FILE)).map((row) => metricsRow.parse(row));
  } catch {
    throw new BadInput('This file has lines that are no metrics; start a new run instead.', { file });
  }
}
