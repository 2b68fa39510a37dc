import type { Architecture } from './architecture.ts';
import { llama } from './llama.ts';
import { positions } from './positions.ts';
import { qwen2 } from './qwen2.ts';
import { qwen3 } from './qwen3.ts';

/** The architectures that are supported. */
export const ARCHITECTURES: readonly Architecture[] = [llama, qwen2, qwen3, positions];
