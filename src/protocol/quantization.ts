import * as z from 'zod';

/** What the frozen weights of a base may be stored in: llama.cpp's blocks of 32 numbers with a scale, Q8_0 and Q4_0. */
export const QUANTIZATIONS = ['int8', 'int4'] as const;
export type Quantization = (typeof QUANTIZATIONS)[number];

export const quantizationField = z
  .enum([...QUANTIZATIONS, 'auto'])
  .nullable()
  .default(null)
  .describe(
    "With `lora`: keep the weights of the frozen model's layers in 8 or 4 bits, in blocks of 32 with a scale each (llama.cpp's Q8_0 and Q4_0), which takes a quarter or a seventh of their memory and trains the adapter on the model so rounded. auto: only as far as they would not fit in float32. On the CPU. null: float32.",
  );
