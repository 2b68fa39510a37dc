/**
 * Uses every helper of `grpo/rewards`; hover over a name for its documentation. The samples are in samples/library.samples.jsonl. No training adds
 * all of these up, so an audit of the whole file says little: `grpo audit rewards/library.reward.ts#number` audits one.
 */
import {
  codeFormat,
  codeTests,
  cosineLength,
  exactMatch,
  jsonFormat,
  languageConsistency,
  lengthReward,
  mathMatch,
  numericMatch,
  overlongPenalty,
  reasoningSteps,
  regexMatch,
  repetitionPenalty,
  tagCount,
  tagFormat,
  thinkFormat,
} from 'grpo/rewards';

export const number = numericMatch({ column: 'number' });
export const formula = mathMatch({ column: 'formula' });
export const word = exactMatch({ column: 'word' });
export const tags = tagFormat({ tags: ['reasoning', 'answer'] });
export const count = tagCount({ tags: ['reasoning', 'answer'] });
export const thinks = thinkFormat();
export const brief = lengthReward({ max: 20, falloff: 20 });
export const concise = cosineLength({ correct: word, maxLength: 40 });
export const overlong = overlongPenalty({ maxLength: 40, cache: 20 });
export const repeats = repetitionPenalty({ n: 2 });
export const json = jsonFormat({
  schema: { type: 'object', required: ['city'], properties: { city: { type: 'string' } }, additionalProperties: false },
});
export const steps = reasoningSteps();
export const block = codeFormat({ language: 'python' });
export const polite = regexMatch(/\b(?:please|thank you)\b/i);
export const language = languageConsistency();
export const python = codeTests({ language: 'python', column: 'python_tests' });
export const javascript = codeTests({ language: 'javascript', column: 'javascript_tests' });

// A reward model (ONNX) requires `npm install @huggingface/transformers` and a model folder:
//   import { rewardModel } from 'grpo/rewards';
//   export const quality = await rewardModel({ model: '../models/reward' });
// A judge needs a server or a model that follows instructions: docs/judges.md
