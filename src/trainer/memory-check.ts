import { totalmem } from 'node:os';
import { cachedPerToken, type ModelConfig, stateSize } from '../model/config.ts';

/**
 * Why completions of one prompt cannot be written at the same time on this machine; undefined where nothing speaks against it. Their keys
 * and values alone, in float16, are compared with all of the memory: what is refused could never work.
 */
export function tooManyAtOnce(model: ModelConfig, completions: number, tokens: number): string | undefined {
  const bytes = completions * (tokens * cachedPerToken(model) + stateSize(model)) * Uint16Array.BYTES_PER_ELEMENT;
  if (bytes <= totalmem()) return undefined;
  const gigabytes = (value: number) => `${Math.ceil(value / 1e9)} GB`;
  return `${completions} completions of ${tokens} tokens need ${gigabytes(bytes)} for their attention caches, and this machine has ${gigabytes(totalmem())}`;
}
