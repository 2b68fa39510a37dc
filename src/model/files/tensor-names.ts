import type { ModelConfig } from '../config.ts';
import { decoderName, embeddingName, HEAD } from '../modules.ts';
import type { TensorEntry } from './safetensors.ts';

export const embeddingWeight = (model: Pick<ModelConfig, 'renamed'>): string => `${embeddingName(model)}.weight`;
export const HEAD_WEIGHT = `${HEAD}.weight`;

/**
 * The tensors of a Hugging Face folder by the names that the causal language model has for them, as transformers finds them: a file of the
 * bare decoder lacks the first `model.` (GPT-2's: `transformer.`), others have one too many, and a tied matrix may be there as the head alone. Rotary frequencies, which
 * old versions saved, are skipped: they are computed from the config. Other names stay as they are.
 */
export function causalLmNames(entries: Iterable<TensorEntry>, known: ReadonlySet<string>, model: ModelConfig) {
  const named: TensorEntry[] = [];
  const prefix = `${decoderName(model)}.`;
  const embedding = embeddingWeight(model);
  const isKnown = (name: string) => known.has(name) || name === HEAD_WEIGHT;
  for (const entry of entries) {
    const { name } = entry;
    if (name.endsWith('rotary_emb.inv_freq')) continue;
    const candidates = [name, prefix + name, ...(name.startsWith(prefix) ? [name.slice(prefix.length)] : [])];
    named.push({ ...entry, name: candidates.find(isKnown) ?? name });
  }
  const head = named.find(({ name }) => name === HEAD_WEIGHT);
  if (model.tieEmbeddings && head && !named.some(({ name }) => name === embedding)) head.name = embedding;
  return named;
}

/** What training programs put in front of the names of a model that they wrap. transformers finds no tensor under such a name. */
export const wrapperOf = (name: string): string | undefined =>
  /^(_orig_mod|module|_fsdp_wrapped_module|base_model)\./.exec(name)?.[0];
