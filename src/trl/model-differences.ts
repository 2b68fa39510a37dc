import { readModelFile } from '../model/files/model-files.ts';
import type { OpenedModel } from '../trainer/prepare.ts';
import type { PythonValue } from './python-value.ts';

/** What TRL computes otherwise of a model: arguments that make it the same, and what none can say. */
export interface ModelDifferences {
  /** By GRPOConfig's names. */
  args: Record<string, PythonValue>;
  /** A sentence each. */
  approximated: string[];
}

/** `attention_dropout`, `resid_pdrop`; not that of a head which sums up a sequence. */
const DROPOUT = /^(?!summary_)(.*_)?(dropout|pdrop)$/;
/** transformers' defaults, by `model_type`, where they are not 0. */
const DEFAULT_DROPOUT: Record<string, object> = { gpt2: { resid_pdrop: 0.1, embd_pdrop: 0.1, attn_pdrop: 0.1 } };

export function modelDifferences(folder: string, { model }: Pick<OpenedModel, 'model'>): ModelDifferences {
  const json = readModelFile(folder, 'config.json') ?? {};
  const fields = { ...DEFAULT_DROPOUT[String(json.model_type)], ...json };
  const drops = Object.entries(fields).some(
    ([name, value]) => DROPOUT.test(name) && typeof value === 'number' && value > 0,
  );
  return {
    // There is none here, which TRL's own default would leave on.
    args: drops ? { disable_dropout: true } : {},
    approximated: model.learnsPositions
      ? [
          '"model": where prompts of a step differ in length, TRL pads the shorter ones and counts that padding as positions when it scores completions, though not when it samples them; the embeddings of this model\'s positions are learned, so its log-probabilities are others there. GRPO Lab counts from each prompt\'s first token in both.',
        ]
      : [],
  };
}
