/** What becomes of a sick run that is trained with the remedy of its finding. */
import { diagnoseFolder, readHistory } from '../../src/doctor/read-history.ts';
import { type ConfigEdit, setWords } from '../../src/protocol/remedy.ts';
import type { RunFinding } from '../../src/protocol/run-finding.ts';
import { readRunInfo } from '../../src/run-folder/run-info.ts';
import { trainCured } from './train.ts';

/** A remedy, and the kinds of what the run that was trained with it has above a note; parts of a story included. */
export interface Cure {
  remedy: ConfigEdit;
  left: string[];
}

/** Undefined of a finding without a remedy that a button applies. `run` is the run in `folder` that has the finding. */
export async function cureOf(kind: string, run: string, folder: string): Promise<Cure | undefined> {
  const story = (await diagnosed(run)).find((finding) => kindsOf(finding).includes(kind));
  const { remedy } = story ?? {};
  if (remedy?.action !== 'set') return undefined;
  const cured = await diagnosed(await trainCured(remedy, folder));
  return { remedy, left: cured.filter(({ severity }) => severity !== 'information').flatMap(kindsOf) };
}

/** `Set "learningRate" to 0.001: gone`. */
export function cureText(kind: string, { remedy, left }: Cure): string {
  const others = left.filter((other) => other !== kind);
  const has = others.length > 0 ? `; has ${others.map((other) => `\`${other}\``).join(', ')}` : '';
  return `${setWords(remedy)}: ${left.includes(kind) ? 'still there' : 'gone'}${has}`;
}

const diagnosed = async (run: string): Promise<RunFinding[]> =>
  diagnoseFolder(run, await readHistory(run, readRunInfo(run)));

const kindsOf = ({ kind, also = [] }: RunFinding): string[] => [kind, ...also.map((other) => other.kind)];
