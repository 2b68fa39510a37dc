import { BadInput } from '../../protocol/errors.ts';

type Part = Record<string, unknown>;

/** Far above any vocabulary; ids are places in a list. */
const MOST_ID = 2 ** 24;
/** How many times longer than a text what is made of it may get. */
const MOST_GROWTH = 100;
/** A text to reckon with. */
const TEXT_LENGTH = 1000;

/**
 * Checks what the tokenizer library takes as it comes, and Hugging Face's own refuses: token ids that are none, or that two tokens share.
 * Beyond that, added tokens that the library would find inside words too, and rules that would make a text so much longer that it fills the memory. Throws BadInput.
 */
export function checkTokenizer(json: Part, file: string): void {
  const fail = (message: string): never => {
    throw new BadInput(message, { file });
  };
  const { vocab } = partOf(json.model);
  // A list gives its tokens' ids by their places.
  if (typeof vocab === 'object' && vocab !== null && !Array.isArray(vocab)) checkIds(Object.entries(vocab), fail);
  for (const token of Array.isArray(json.added_tokens) ? json.added_tokens : []) {
    const { content, id, single_word } = partOf(token);
    if (typeof content !== 'string' || content === '') fail('"added_tokens" has a token without "content"');
    checkId(content as string, id, fail);
    if (single_word)
      fail(
        `the added token "${content}" has "single_word", which is not supported; set it to false if the token may be found inside words`,
      );
  }
  for (const [name, parts] of Object.entries(CHAINS)) {
    const length = lengthAfter(json[name], parts, TEXT_LENGTH);
    if (!(length <= MOST_GROWTH * TEXT_LENGTH))
      fail(`the "${name}" makes texts more than ${MOST_GROWTH} times as long, which would fill the memory`);
  }
}

function checkIds(entries: [string, unknown][], fail: (message: string) => never): void {
  const tokens = new Map<unknown, string>();
  for (const [token, id] of entries) {
    checkId(token, id, fail);
    const other = tokens.get(id);
    if (other !== undefined)
      fail(`the tokens "${other}" and "${token}" have the same id, ${id}; download the file again`);
    tokens.set(id, token);
  }
}

function checkId(token: string, id: unknown, fail: (message: string) => never): void {
  if (Number.isInteger(id) && (id as number) >= 0 && (id as number) <= MOST_ID) return;
  fail(`the token "${token}" has the id ${JSON.stringify(id)}, but ids are whole numbers from 0 to ${MOST_ID}`);
}

/** The parts of a tokenizer that work on texts, each with the name of the list that a Sequence of them has. */
const CHAINS = { normalizer: 'normalizers', pre_tokenizer: 'pretokenizers', decoder: 'decoders' };

/** How long a text of this length may get. */
function lengthAfter(value: unknown, parts: string, length: number): number {
  const part = partOf(value);
  const content = typeof part.content === 'string' ? part.content.length : 0;
  switch (part.type) {
    case 'Sequence':
      return (Array.isArray(part[parts]) ? part[parts] : []).reduce<number>(
        (sum, inner) => lengthAfter(inner, parts, sum),
        length,
      );
    case 'Replace': {
      const { String: pattern } = partOf(part.pattern);
      // What a regular expression matches may be short, or nothing.
      const each = typeof pattern === 'string' && pattern !== '' ? content / pattern.length : content + 1;
      return length * Math.max(1, each);
    }
    case 'Prepend':
      return length + (typeof part.prepend === 'string' ? part.prepend.length : 0);
    case 'ByteLevel':
      // Letters that stand for the bytes of others.
      return 2 * length;
    default:
      return length;
  }
}

const partOf = (value: unknown): Part => (typeof value === 'object' && value !== null ? (value as Part) : {});
