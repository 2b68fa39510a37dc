/** Names of columns that are likely to hold the right answer. */
export const ANSWER = /answer|label|target|solution/i;
