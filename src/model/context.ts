import type { ModelDescription } from './config.ts';

/**
 * The description with its context cut where rotary frequencies change for earlier tokens as well. transformers does so within a forward pass:
 * what it generates is then not what it scores, and a policy's probabilities would not be its sampler's.
 */
export function withinOriginalContext(model: ModelDescription): ModelDescription {
  const ends = Object.values(model.rotary).flatMap(({ scaling }) =>
    scaling.type === 'longrope' ? [scaling.originalMaxPositionEmbeddings] : [],
  );
  return { ...model, maxPositionEmbeddings: Math.min(model.maxPositionEmbeddings, ...ends) };
}

/** The model's context in words, after "the model's context of": how many tokens, and why not more where config.json seems to say so. */
export function contextInWords({
  maxPositionEmbeddings,
  rotary,
}: Pick<ModelDescription, 'maxPositionEmbeddings' | 'rotary'>): string {
  const types = Object.values(rotary).map(({ scaling }) => scaling.type);
  const because = (field: string, type: string) =>
    `${maxPositionEmbeddings} ("${field}" in config.json; beyond it, "${type}" rope scaling changes how earlier tokens are read, which is not supported)`;
  if (types.includes('longrope')) return because('original_max_position_embeddings', 'longrope');
  if (types.includes('dynamic')) return because('max_position_embeddings', 'dynamic');
  return `${maxPositionEmbeddings}`;
}
