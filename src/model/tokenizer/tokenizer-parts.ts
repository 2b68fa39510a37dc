export type Part = Record<string, unknown>;
/** Says why a tokenizer cannot be written. */
export type Refuse = (reason: string) => never;

/** What of a normalizer, pre-tokenizer, post-processor or decoder makes a difference for tokens, part by part, with the library's defaults filled in. */
export function essentials(value: unknown): unknown[] {
  const part = partOf(value);
  switch (part.type) {
    case undefined:
      return [];
    case 'Sequence':
      return [part.normalizers ?? part.pretokenizers ?? part.processors ?? part.decoders ?? []]
        .flat()
        .flatMap(essentials);
    case 'ByteLevel': {
      // Offsets are where tokens are in the text, not what they are.
      const { trim_offsets: _, ...rest } = part;
      return [{ add_prefix_space: true, use_regex: true, ...rest }];
    }
    case 'Digits':
      return [{ individual_digits: false, ...part }];
    case 'Split': {
      // Keeping only what is found is as good as cutting around it where everything is found, as in all of `WORD_SPLITS`.
      const keepsFound = part.behavior === 'Removed' && part.invert === true;
      return [{ invert: false, ...part, ...(keepsFound && { behavior: 'Isolated', invert: false }) }];
    }
    default:
      return [part];
  }
}

/** A BPE's merges, each as two tokens: tokenizer.json has them as pairs, or with a space between. */
export const listMerges = (model: Part, refuse: Refuse): [string, string][] =>
  (Array.isArray(model.merges) ? model.merges : []).map((merge: unknown) => {
    const pair = typeof merge === 'string' ? merge.split(' ') : merge;
    const isPair = Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === 'string' && part);
    return isPair ? (pair as [string, string]) : refuse('"merges" has an entry that is not two tokens');
  });

export const partOf = (value: unknown): Part => (typeof value === 'object' && value !== null ? (value as Part) : {});
