/** What a step may come to at most. More is a slip of the keyboard: it would fill the memory of any one machine. */
export const MOST_COMPLETIONS = 2 ** 16;
export const MOST_TOKENS = 2 ** 25;
export const MOST_COMPLETION_LENGTH = 2 ** 20;
