import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CONFIG_FILE } from '../../files/open-file.ts';
import { readTextLater } from '../../files/text.ts';
import { readConfigLinks } from '../preview/config-links.ts';
import { subjectsOf } from '../preview/links.ts';
import { configName } from '../training/request.ts';

/** The samples file of a run config, as previews find it: the one that it names, else one of its name. It need not be there yet. */
export async function samplesFile(configFile: string): Promise<string> {
  const links = readConfigLinks(configFile, await readTextLater(configFile, CONFIG_FILE).catch(() => ''));
  const [subject] = links ? subjectsOf(configFile, [links], existsSync) : [];
  // The config may be gone, while its runs are not.
  return subject?.samplesPlace ?? join(dirname(configFile), 'samples', `${configName(configFile)}.samples.jsonl`);
}
