import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { workspace } from 'vscode';
import { CONFIG_FILE } from '../../files/open-file.ts';
import { readTextLater } from '../../files/text.ts';
import { configName } from '../../text/files-by-name.ts';
import { readConfigLinks } from './config-links.ts';
import { SAMPLES, subjectsOf } from './links.ts';
import { writablePlace } from './writable-place.ts';

/** The samples file of a run config, as previews find it: the one that it names, else one of its name. It need not be there yet. */
export async function samplesFile(configFile: string): Promise<string> {
  const links = readConfigLinks(configFile, await readTextLater(configFile, CONFIG_FILE).catch(() => ''));
  const [subject] = links ? subjectsOf(configFile, [links], existsSync) : [];
  // The config may be gone, while its runs are not.
  return subject?.samplesPlace ?? join(dirname(configFile), 'samples', `${configName(configFile)}.samples.jsonl`);
}

/**
 * Where samples that are added to that file end up, symbolic links followed. A config comes with its repository and may name any file, and what is added
 * is text from that repository, too: so it throws, with a sentence, in Restricted Mode, and for what is no samples file of the workspace.
 */
export async function writableSamples(file: string, configFile: string): Promise<string> {
  if (!workspace.isTrusted) throw new Error('Samples cannot be added in Restricted Mode: trust this workspace first.');
  const place = await writablePlace(file, configFile);
  for (const path of [file, place])
    if (!SAMPLES.test(path))
      throw new Error(
        `${basename(path)} is not a samples file: "samples" of the run config must name a .samples.jsonl file.`,
      );
  return place;
}
