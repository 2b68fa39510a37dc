import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { makeFolders } from '../files/make-folders.ts';
import { SAMPLES_FILE } from '../files/open-file.ts';
import { readText } from '../files/text.ts';
import { samplesPlaces } from '../protocol/files-by-name.ts';
import { editedSamples, type NewSample, sampleEdits, sampleLine } from '../protocol/sample-edits.ts';
import { atomicWrite, checkPlace, writeFailure } from '../trainer/atomic-write.ts';
import { generateSamples } from '../trainer/generate-samples.ts';
import { type LoadedConfig, loadRunConfig } from '../trainer/load-config.ts';
import type { CommandOf } from './args.ts';
import { print, printJson } from './output.ts';

/** `grpo samples`: completions of the config's model to try rewards on, added to its samples file, or with `--json` printed. */
export async function samplesCommand(options: CommandOf<'samples'>): Promise<number> {
  const { prompts, n, seed, json } = options;
  const loaded = loadRunConfig(options.config);
  if (!json) checkPlace(placeOf(options.out, loaded), 'file');
  const samples: NewSample[] = [];
  for await (const batch of generateSamples(loaded, { prompts, n, seed: seed ?? loaded.config.seed })) {
    if (json) for (const sample of batch) printJson(sampleLine(sample));
    else samples.push(...batch);
  }
  if (!json) addTo(placeOf(options.out, loaded), samples);
  return 0;
}

const placeOf = (out: string | undefined, loaded: LoadedConfig): string =>
  out === undefined ? samplesFile(loaded) : resolve(out);

/** Those that the config names, else those of its name, which need not be there yet. */
function samplesFile({ config, file }: LoadedConfig): string {
  const places = samplesPlaces(file);
  return config.samples ?? places.find((place) => existsSync(place)) ?? places[0]!;
}

function addTo(file: string, samples: NewSample[]): void {
  const text = readIfThere(file);
  const edits = sampleEdits(text, samples);
  const added = edits.appended.length;
  if (added > 0) atomicWrite(file, editedSamples(text, edits), 'file');
  const already = samples.length - added;
  const others = already === 0 ? '' : `; ${already} ${already === 1 ? 'was' : 'were'} there already`;
  print(`Added ${added} ${added === 1 ? 'sample' : 'samples'} to ${file}${others}.`);
}

function readIfThere(file: string): string {
  if (existsSync(file)) return readText(file, SAMPLES_FILE);
  try {
    makeFolders(dirname(file));
  } catch (error) {
    throw writeFailure(file, error, 'file');
  }
  return '';
}
