import { createHash } from 'node:crypto';
import type { TokenizerDigest } from '../../protocol/run-folder.ts';
import { AS_IT_IS } from '../files/tokenizer-class.ts';
import { namedTokens } from './added-tokens.ts';
import { readTokenizerFiles, type TokenizerFiles } from './tokenizer-files.ts';
import { essentials, type Part, partOf } from './tokenizer-parts.ts';

/** How a run recognizes its model's tokenizer. Throws BadInput for files that `readTokenizerFiles` refuses. */
export function digestTokenizer(model: string): TokenizerDigest {
  const files = readTokenizerFiles(model);
  const sha256 = digestOf(files);
  if (files.name === AS_IT_IS) return { file: model, sha256 };
  const asItIs = digestOf(readTokenizerFiles(model, AS_IT_IS));
  return { file: model, class: files.name, sha256, ...(asItIs !== sha256 && { asItIs }) };
}

/** SHA-256 of the rules, not of how a file spells them: in most folders the class makes what tokenizer.json says, in other words. */
function digestOf({ json, config }: TokenizerFiles): string {
  const { vocab, merges, ...options } = partOf(json.model);
  const pairs = Array.isArray(merges)
    ? merges.map((merge: unknown) => (typeof merge === 'string' ? merge.split(' ') : merge))
    : [];
  const added = Array.isArray(json.added_tokens) ? json.added_tokens.map(partOf) : [];
  const parts = [
    essentials(json.normalizer),
    essentials(json.pre_tokenizer),
    // This one changes offsets alone.
    essentials(json.post_processor).filter((part) => partOf(part).type !== 'ByteLevel'),
    essentials(json.decoder).map((part) => (partOf(part).type === 'ByteLevel' ? { type: 'ByteLevel' } : part)),
    withoutUnset({ type: 'BPE', ...options }),
    added.map(withoutUnset).sort((a, b) => Number(a.id) - Number(b.id)),
    namedTokens(config).eos_token ?? null,
  ].map(inOrder);
  return createHash('sha256')
    .update(JSON.stringify([...parts, vocab, pairs]))
    .digest('hex');
}

const withoutUnset = (part: Part): Part =>
  Object.fromEntries(Object.entries(part).filter(([, value]) => value || value === 0));

/** With the fields of objects by name: files have them in any order. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([name, inner]) => [name, inOrder(inner)]));
}
