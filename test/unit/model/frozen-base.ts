/** What models are sampled, scored and trained with whose own weights are kept in fewer bits. */

export const GREEDY = { temperature: 0, topK: 0, topP: 1, minP: 0, minTokens: 0, eosTokenIds: [] };
export const SEQUENCES = [
  { promptIds: [3, 1, 4, 1, 5], completionIds: [9, 2, 6, 5] },
  { promptIds: [3, 1, 4, 1, 5], completionIds: [10, 7] },
];
export const LORA = { r: 4, loraAlpha: 8, targetModules: 'all-linear' };
