/** System messages to start from. What a reward looks for in the answer has to be asked for: `<answer>` tags, `\boxed{…}`. */
export const SYSTEM_PROMPTS = {
  none: { label: 'None', text: '' },
  think: {
    label: 'Think, then answer in tags',
    text: 'Think about the question first, inside <think> and </think>. Then give only the final answer, inside <answer> and </answer>.',
  },
  boxed: {
    label: 'Answer in \\boxed{}',
    text: 'Reason step by step, and put the final answer in \\boxed{}.',
  },
} as const;
