import { BadInput } from '../../protocol/errors.ts';
import type { Attention } from '../config.ts';

export const [SLIDING, FULL] = ['sliding_attention', 'full_attention'] as const;
export type LayerType = typeof SLIDING | typeof FULL;

interface Fields {
  num_attention_heads: number;
  num_key_value_heads: number;
  head_dim: number;
  global_head_dim?: number | null | undefined;
  num_global_key_value_heads?: number | null | undefined;
  attention_k_eq_v: boolean;
  per_layer_config?: Record<string, Record<string, unknown>> | null | undefined;
}

/** Of the layers of a type. */
export type Heads = Pick<Attention, 'kvHeads' | 'headDim'>;

/** Full layers' heads where config.json does not say it. */
const GLOBAL_HEAD_DIM = 512;
const IN_A_LAYER: Readonly<Record<string, keyof Heads>> = { head_dim: 'headDim', num_key_value_heads: 'kvHeads' };

/** The heads of each type of layers: `per_layer_config` lists them in files of transformers 5.23, other files have a field for full layers. */
export function gemma4Heads(fields: Fields, types: readonly LayerType[], file: string): Record<LayerType, Heads> {
  const usual = { kvHeads: fields.num_key_value_heads, headDim: fields.head_dim };
  const heads =
    fields.per_layer_config === undefined
      ? { [SLIDING]: usual, [FULL]: fullHeads(usual, fields) }
      : listedHeads(usual, fields.per_layer_config ?? {}, types, file);
  for (const { kvHeads, headDim } of Object.values(heads)) {
    if (fields.num_attention_heads % kvHeads !== 0) {
      const message = `"num_attention_heads" (${fields.num_attention_heads}) must be a multiple of the ${kvHeads} key/value heads of each layer`;
      throw new BadInput(message, { file });
    }
    if (headDim % 2 !== 0)
      throw new BadInput(`the head width is ${headDim}, but rotary embeddings need an even one`, { file });
  }
  return heads;
}

const fullHeads = (usual: Heads, fields: Fields): Heads => ({
  kvHeads: (fields.attention_k_eq_v ? fields.num_global_key_value_heads : undefined) ?? usual.kvHeads,
  headDim: fields.global_head_dim ?? GLOBAL_HEAD_DIM,
});

function listedHeads(
  usual: Heads,
  listed: Record<string, Record<string, unknown>>,
  types: readonly LayerType[],
  file: string,
): Record<LayerType, Heads> {
  const byLayer = new Map(Object.entries(listed).map(([layer, own]) => [Number(layer), own]));
  const heads = types.map((_, layer) => layerHeads(usual, byLayer.get(layer) ?? {}, layer, file));
  const ofType = (type: LayerType): Heads => {
    const [first = usual, ...others] = heads.filter((_, layer) => types[layer] === type);
    const other = others.find((one) => one.headDim !== first.headDim || one.kvHeads !== first.kvHeads);
    if (!other) return first;
    throw new BadInput(`"per_layer_config" gives layers of "${type}" different heads, which is not supported`, {
      file,
    });
  };
  return { [SLIDING]: ofType(SLIDING), [FULL]: ofType(FULL) };
}

function layerHeads(usual: Heads, own: Record<string, unknown>, layer: number, file: string): Heads {
  const heads = { ...usual };
  for (const [name, value] of Object.entries(own)) {
    const part = Object.hasOwn(IN_A_LAYER, name) ? IN_A_LAYER[name] : undefined;
    if (!part) {
      const message = `"per_layer_config" gives layer ${layer} a "${name}" of its own, which is not supported`;
      throw new BadInput(message, { file });
    }
    if (!Number.isSafeInteger(value) || (value as number) < 1)
      throw new BadInput(`"per_layer_config.${layer}.${name}" must be a positive integer`, { file });
    heads[part] = value as number;
  }
  return heads;
}
