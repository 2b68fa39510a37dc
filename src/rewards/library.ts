// What a TypeScript reward file imports as `grpo/rewards`: the build makes grpo-rewards.js and its declarations of this.
// biome-ignore-start lint/performance/noBarrelFile: users import from one name.
export {
  type BatchRewardInput,
  batchReward,
  type ChatMessage,
  type Reward,
  type RewardInput,
  type RewardResult,
} from './api.ts';
export { type ExactMatchOptions, exactMatch, type NumericMatchOptions, numericMatch } from './library/answer-match.ts';
export { type CodeFormatOptions, codeFormat } from './library/code-format.ts';
export { type CodeTestsOptions, codeTests } from './library/code-tests.ts';
export { type CosineLengthOptions, cosineLength } from './library/cosine-length.ts';
export { afterThinking, boxed, type Extractor, firstOf, lastNumber, tagged } from './library/extract.ts';
export { type JsonFormatOptions, jsonFormat } from './library/json-format.ts';
export type { EndpointOptions } from './library/judge/endpoint-options.ts';
export { type JudgeOptions, judge } from './library/judge/judge.ts';
export { type LocalJudgeOptions, localJudge } from './library/judge/local-judge.ts';
export { type RankOptions, rank } from './library/judge/rank.ts';
export { type LanguageConsistencyOptions, languageConsistency, type Writing } from './library/language.ts';
export { lastQuantity } from './library/last-quantity.ts';
export {
  type LengthOptions,
  type LengthRewardOptions,
  lengthReward,
  type OverlongPenaltyOptions,
  overlongPenalty,
} from './library/length.ts';
export { type MathMatchOptions, mathMatch } from './library/math-match.ts';
export { parseNumber } from './library/parse-number.ts';
export { type ReasoningStepsOptions, reasoningSteps } from './library/reasoning-steps.ts';
export { type RegexMatchOptions, regexMatch } from './library/regex.ts';
export { type RepetitionPenaltyOptions, repetitionPenalty } from './library/repetition.ts';
export { type RewardModelOptions, rewardModel } from './library/reward-model.ts';
export type { RowReward } from './library/row.ts';
export { type TagCountOptions, tagCount } from './library/tag-count.ts';
export { type TagFormatOptions, tagFormat } from './library/tag-format.ts';
export { type ThinkFormatOptions, thinkFormat } from './library/think-format.ts';
// biome-ignore-end lint/performance/noBarrelFile: as above
