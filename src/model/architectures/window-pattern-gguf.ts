import type { GgufFile } from './architecture.ts';

/** `layer_types` of a .gguf file whose layers with windows it lists, or in which every nth layer, by default every `pattern`th, has none. */
export function layerTypesInGguf({ number, list }: GgufFile, pattern: number): string[] {
  const every = number('attention.sliding_window_pattern') ?? pattern;
  const listed = list('attention.sliding_window_pattern');
  const hasWindow = (layer: number) => (listed ? Boolean(listed[layer]) : (layer + 1) % every !== 0);
  return Array.from({ length: number('block_count')! }, (_, layer) =>
    hasWindow(layer) ? 'sliding_attention' : 'full_attention',
  );
}
