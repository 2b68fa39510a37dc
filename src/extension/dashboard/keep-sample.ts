import { basename } from 'node:path';
import type { HostMessage, KeptSample } from '../../protocol/dashboard.ts';
import { readRunInfoLater } from '../../run-folder/run-info.ts';
import { ExactJson } from '../../text/exact-json.ts';
import { addSamples, showSample } from '../workspace/add-samples.ts';
import { samplesFile } from '../workspace/samples-file.ts';

type Sampled = Extract<HostMessage, { type: 'sampled' }>;

/** Keeps a completion of a run in the samples of its config; the dashboard shows the result, as quietly as it was asked for. */
export async function keepSample(
  run: string,
  { exact = {}, ...sample }: KeptSample,
): Promise<Omit<Sampled, 'type' | 'id'>> {
  try {
    const written = Object.entries(exact).map(([name, text]) => [name, new ExactJson(text, JSON.parse(text))]);
    const { prompt, ...columns } = { ...sample.columns, prompt: sample.prompt, ...Object.fromEntries(written) };
    const { file, line, added, updated } = await addSamples(await configOf(run), [{ ...sample, prompt, columns }]);
    const outcome = added > 0 ? 'added' : updated > 0 ? 'updated' : 'there';
    return { outcome, file: basename(file), line, problem: null };
  } catch (error) {
    return { outcome: 'failed', file: '', line: 1, problem: error instanceof Error ? error.message : String(error) };
  }
}

export async function openSample(run: string, line: number): Promise<void> {
  await showSample(await samplesFile(await configOf(run)), line);
}

async function configOf(run: string): Promise<string> {
  const info = await readRunInfoLater(run);
  if (!info) throw new Error('The run can no longer be read.');
  return info.configFile;
}
