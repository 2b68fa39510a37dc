import { isAttention, type ModelConfig } from '../../src/model/config.ts';

/** What a .gguf file has of a model's description: numbers in float32, and of a tokenizer's ids others than config.json. */
export const asInGguf = (config: ModelConfig): ModelConfig => ({
  ...config,
  ...{ eosTokenIds: [], padTokenId: undefined, bosTokenId: undefined },
  layers: config.layers.map((layer) => ({
    ...layer,
    residualScale: Math.fround(layer.residualScale),
    mixer: isAttention(layer.mixer) ? { ...layer.mixer, scale: Math.fround(layer.mixer.scale) } : layer.mixer,
  })),
  normEps: Math.fround(config.normEps),
  logitScale: Math.fround(config.logitScale),
  rotary: Object.fromEntries(
    Object.entries(config.rotary).map(([name, table]) => [
      name,
      { ...table, attentionFactor: Math.fround(table.attentionFactor) },
    ]),
  ),
});
