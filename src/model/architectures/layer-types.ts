import { BadInput } from '../../protocol/errors.ts';

interface Fields {
  num_hidden_layers: number;
  layer_types?: readonly string[] | null | undefined;
}

/** Throws BadInput for a list that is not of the model's layers, as transformers does. */
export function requireAllLayers({ num_hidden_layers: count, layer_types: types }: Fields, file: string): void {
  if (types && types.length !== count) {
    const message = `"layer_types" is a list of length ${types.length}, but "num_hidden_layers" is ${count}`;
    throw new BadInput(message, { file });
  }
}

/** The kind of each layer, `otherwise` where config.json does not list them. There must be one with attention, `attention`. */
export function layerTypes<T extends string>(
  { num_hidden_layers: count, layer_types: listed }: Fields,
  file: string,
  { kinds, attention, otherwise }: { kinds: readonly T[]; attention: T; otherwise: (layer: number) => T },
): T[] {
  const types = listed ?? Array.from({ length: count }, (_, layer) => otherwise(layer));
  const unknown = types.find((type) => !kinds.includes(type as T));
  if (unknown !== undefined) {
    const known = kinds.map((kind) => `"${kind}"`).join(' and ');
    throw new BadInput(`"layer_types" has "${unknown}", but only ${known} are supported`, { file });
  }
  requireAllLayers({ num_hidden_layers: count, layer_types: types }, file);
  if (!types.includes(attention)) {
    throw new BadInput(`no layer is "${attention}", but models without any attention are not supported`, { file });
  }
  return types as T[];
}
