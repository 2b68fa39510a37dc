import type { RunDifference } from '../protocol/run-differences.ts';
import type { RunInfo, RunInputs, TokenizerDigest } from '../protocol/run-folder.ts';

/** A model's tokenizer that is another than a run was trained with. */
export interface OtherTokenizer {
  from: TokenizerDigest;
  to: TokenizerDigest;
}

type Before = Pick<RunInfo, 'config'> & { inputs?: RunInputs | undefined; versions?: RunInfo['versions'] | undefined };

/** A release that recorded no tokenizers took tokenizer.json as it is. TRL takes transformers' tokenizer, which is today's. */
export function tokenizersBefore({ config, inputs, versions = {} }: Before, now: RunInputs): TokenizerDigest[] {
  const today = now.tokenizer ?? [];
  if (inputs?.tokenizer) return inputs.tokenizer;
  if (config.backend === 'trl' || 'trl' in versions) return today;
  return today.map(({ file, sha256, asItIs }) => (asItIs === undefined ? { file, sha256 } : { file, sha256: asItIs }));
}

/** In the order of the models that a config names; one whose tokenizer is not known today is none. */
export const otherTokenizers = (before: Before, now: RunInputs): OtherTokenizer[] => {
  const recorded = tokenizersBefore(before, now);
  return (now.tokenizer ?? []).flatMap((to, index) => {
    const from = recorded[index];
    return from && from.sha256 !== to.sha256 ? [{ from, to }] : [];
  });
};

/** `name`: the model's path as a person reads it. */
export function tokenizerDifference({ from, to }: OtherTokenizer, name: string): RunDifference {
  const what = `the tokenizer of ${name}`;
  const [before, now] = [from, to].map(madeBy) as [string, string];
  return before === now ? { what, from: null, to: null } : { what: `${what}:`, from: before, to: now };
}

/** Why a run cannot continue with the tokenizer that it was trained with, and how it can. */
export function tokenizerChanged({ from, to }: OtherTokenizer): string {
  if (to.asItIs === undefined || to.asItIs !== from.sha256)
    return `The tokenizer of ${to.file} is another than the run was trained with (${madeBy(from)}; now ${madeBy(to)}), and the run keeps no copy; restore it.`;
  return `The run was trained with tokenizer.json as it is, and this version follows transformers' class ${to.class}; to keep that tokenizer, set "tokenizer_class" to "PreTrainedTokenizerFast" in tokenizer_config.json of ${to.file} and resume with --with-changes.`;
}

const madeBy = ({ class: name }: TokenizerDigest): string =>
  name === undefined ? 'tokenizer.json as it is' : `transformers' class ${name}`;
