import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { RUN_FILE } from '../files/open-file.ts';
import { readText } from '../files/text.ts';
import { BadInput } from '../protocol/errors.ts';
import { runAbout } from '../protocol/run-about.ts';
import { RUN_FILES, type RunInfo } from '../protocol/run-folder.ts';
import { readRunInfo } from '../run-folder/run-info.ts';

/** A run to be exported. */
export interface ExportedRun {
  folder: string;
  info: RunInfo;
  /** What it is called in exports: no two of them the same. */
  label: string;
  /** What people wrote about it. */
  note?: string | undefined;
  tags: string[];
  /** Keys of the findings that they do not want to see. */
  dismissed: string[];
}

/** Opens run folders. `labels`: what to call them, in their order, instead of by their names. Throws BadInput when there is no run in one. */
export function openRuns(folders: readonly string[], labels: readonly string[] = []): ExportedRun[] {
  if (labels.length > 0 && labels.length !== folders.length)
    throw new BadInput(`--label must be given once for each of the ${folders.length} runs, or not at all.`);
  const runs = folders.map((given, at): ExportedRun => {
    const folder = resolve(given);
    const info = readRunInfo(folder);
    const { name, note, tags = [], dismissed = [] } = aboutOf(folder);
    return { folder, info, label: labels[at] ?? (name?.trim() || info.name), note, tags, dismissed };
  });
  return withUniqueLabels(runs);
}

/** Those of one name are told apart by their folders' names; where these are the same too, by numbers. */
function withUniqueLabels(runs: readonly ExportedRun[]): ExportedRun[] {
  const taken = new Set<string>();
  return runs.map((run) => {
    const isAlone = runs.filter(({ label }) => label === run.label).length === 1;
    const label = isAlone ? run.label : `${run.label} ${basename(run.folder)}`;
    let unique = label;
    for (let number = 2; taken.has(unique); number++) unique = `${label} (${number})`;
    taken.add(unique);
    return { ...run, label: unique };
  });
}

/** It is the user's to edit: what cannot be read is as good as nothing. */
function aboutOf(folder: string) {
  const file = join(folder, RUN_FILES.about);
  try {
    return existsSync(file) ? runAbout.parse(JSON.parse(readText(file, RUN_FILE))) : {};
  } catch {
    return {};
  }
}
