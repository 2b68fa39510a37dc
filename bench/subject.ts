import { resolve } from 'node:path';

/** The work without and with a model of one's own. */
const SAMPLE = 'sample-workspace/arithmetic.grpo.json';
const INSTRUCTIONS = 'bench/instructions/instructions.grpo.json';

/** What is trained: a model folder instead of the sample's, an adapter of this rank instead of all weights. */
export interface Subject {
  model?: string | undefined;
  lora?: number | undefined;
  /** What the model under the adapter is kept in. */
  quantization?: string | undefined;
  /** Whether activations are computed a second time for the gradient. */
  checkpointing?: boolean | undefined;
}

/** The run config that trains it, and the fields of it to set. */
export function subjectConfig({ model, lora, quantization, checkpointing }: Subject): {
  configFile: string;
  fields: Record<string, string>;
} {
  return {
    configFile: model === undefined ? SAMPLE : INSTRUCTIONS,
    fields: {
      ...(model !== undefined && { model: resolve(model) }),
      ...(quantization !== undefined && { quantization: JSON.stringify(quantization) }),
      ...(checkpointing && { gradientCheckpointing: 'true' }),
      ...(lora !== undefined && {
        lora: JSON.stringify({ r: lora, loraAlpha: 2 * lora, targetModules: 'all-linear' }),
      }),
    },
  };
}

/** Fields as `--set` takes them. */
export const overrides = (fields: Record<string, string | number | boolean>): string[] =>
  Object.entries(fields).map(([name, value]) => `${name}=${value}`);
