import type { Architecture } from './architecture.ts';
import { gemma2 } from './gemma2.ts';
import { gemma3 } from './gemma3.ts';
import { gemma4 } from './gemma4.ts';
import { gpt2 } from './gpt2.ts';
import { granite } from './granite.ts';
import { granite4 } from './granite4.ts';
import { lfm2 } from './lfm2.ts';
import { llama } from './llama.ts';
import { ministral3 } from './ministral3.ts';
import { mistral } from './mistral.ts';
import { olmo2 } from './olmo2.ts';
import { olmo3 } from './olmo3.ts';
import { phi3 } from './phi3.ts';
import { positions } from './positions.ts';
import { qwen2 } from './qwen2.ts';
import { qwen3 } from './qwen3.ts';
import { qwen35 } from './qwen3-5.ts';
import { smollm3 } from './smollm3.ts';

/** The architectures that are supported. */
export const ARCHITECTURES: readonly Architecture[] = [
  llama,
  qwen2,
  qwen3,
  qwen35,
  gemma2,
  gemma3,
  gemma4,
  gpt2,
  granite,
  granite4,
  lfm2,
  ministral3,
  mistral,
  olmo2,
  olmo3,
  phi3,
  smollm3,
  positions,
];
