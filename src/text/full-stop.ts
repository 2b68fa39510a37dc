/** Words of others (what a user's code threw, what a compiler says) at the end of a sentence of ours: they may have its full stop already. */
export const withFullStop = (words: string): string => (words.endsWith('.') ? words : `${words}.`);

/** The same words in the middle of a sentence. */
export const withoutFullStop = (words: string): string => (words.endsWith('.') ? words.slice(0, -1) : words);
