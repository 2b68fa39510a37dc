import * as z from 'zod';
import type { Architecture } from './architecture.ts';
import { checked } from './architecture.ts';
import { count, text } from './field-kinds.ts';

const fields = z.object({
  architectures: z.array(text, 'must be a list of class names').nullish(),
  model_type: text.nullish(),
  vocab_size: count,
  hidden_size: count,
  prompt_length: count,
  response_length: count,
});

/**
 * The model of CS336's lecture on policy gradients (Stanford, Spring 2025, lecture 17): no decoder, and not in transformers. Prompts and
 * responses have fixed lengths, and each position of a response is drawn on its own: `network/positions.ts`.
 */
export const positions: Architecture = {
  className: 'PositionsModel',
  modelType: 'positions',
  describe(json, file) {
    const { vocab_size, hidden_size, prompt_length, response_length } = checked(fields, json, file);
    return {
      vocabSize: vocab_size,
      hiddenSize: hidden_size,
      embeddingScale: 1,
      logitScale: 1,
      layers: [],
      positions: { promptLength: prompt_length, responseLength: response_length },
      rotary: {},
      maxPositionEmbeddings: prompt_length + response_length,
      normEps: 0,
      rmsNormOffset: 0,
      tieEmbeddings: true,
    };
  },
};
