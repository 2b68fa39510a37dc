import { randomUUID } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type LoadedConfig, loadRunConfig } from '../config/load-config.ts';
import { makeFolders } from '../files/make-folders.ts';
import { SAMPLES_FILE } from '../files/open-file.ts';
import { readText } from '../files/text.ts';
import { BadInput } from '../protocol/errors.ts';
import { editedSamples, type NewSample, sampleEdits, sampleLine } from '../protocol/sample-edits.ts';
import { atomicWrite, checkPlace, writeFailure } from '../run-folder/atomic-write.ts';
import { samplesPlaces } from '../text/files-by-name.ts';
import { generateSamples } from '../trainer/generate-samples.ts';
import type { CommandOf } from './commands.ts';
import { print, printJson } from './output.ts';
import { SamplesProgress } from './samples-progress.ts';

const ENDING = '.samples.jsonl';

/** `grpo samples`: completions of the config's model to try rewards on, added to its samples file, or with `--json` printed. */
export async function samplesCommand(options: CommandOf<'samples'>): Promise<number> {
  const { prompts, n, seed, json, replace } = options;
  const loaded = loadRunConfig(options.config);
  // Before the model works for nothing.
  const file = options.out === undefined ? (json ? '' : samplesFile(loaded)) : resolve(options.out);
  if (!json) checkPlace(file, 'file with --out');
  const samples: NewSample[] = [];
  const progress = new SamplesProgress(json ? undefined : process.stderr);
  try {
    for await (const batch of generateSamples(loaded, { prompts, n, seed: seed ?? loaded.config.seed })) {
      progress.show(batch);
      if (json) for (const sample of batch.samples) printJson(sampleLine(sample));
      else samples.push(...batch.samples.map((sample) => ({ ...sample, generated: true as const })));
    }
  } finally {
    progress.end();
  }
  if (!json) addTo(file, samples, { replacing: replace });
  return 0;
}

/**
 * Those that the config names, else those of its name, which need not be there yet; symbolic links followed. A config that came with a repository
 * must not have text added to just any file: BadInput for what is no samples file.
 */
function samplesFile({ config, file, locate }: LoadedConfig): string {
  const places = samplesPlaces(file);
  const named = config.samples ?? places.find((place) => existsSync(place)) ?? places[0]!;
  const place = existsSync(named) ? realpathSync(named) : named;
  if (named.endsWith(ENDING) && place.endsWith(ENDING)) return place;
  const leads = place === named ? '' : `, which points to ${place}`;
  const how = `Samples are only added to ${ENDING} files; name one, or choose a file with --out.`;
  throw new BadInput(`"samples" is ${named}${leads}. ${how}`, config.samples === null ? { file } : locate(['samples']));
}

function addTo(file: string, samples: NewSample[], how: { replacing: boolean }): void {
  const text = readIfThere(file);
  const edits = sampleEdits(text, samples, how);
  const added = edits.appended.length;
  const removed = edits.removed.length;
  const temporary = join(dirname(file), `.${basename(file)}.${randomUUID()}.tmp`);
  if (added + removed > 0) atomicWrite(file, editedSamples(text, edits), { temporary, place: 'file with --out' });
  const already = samples.length - added;
  const others = already === 0 ? '' : `; ${already} already existed`;
  const instead = removed === 0 ? '' : ` in place of ${removed} generated before`;
  print(`Added ${added} ${added === 1 ? 'sample' : 'samples'} to ${file}${instead}${others}.`);
}

function readIfThere(file: string): string {
  if (existsSync(file)) return readText(file, SAMPLES_FILE);
  try {
    makeFolders(dirname(file));
  } catch (error) {
    throw writeFailure(file, error, 'file with --out');
  }
  return '';
}
