const LONGEST = 200;
const SMALL = [
  ...['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'],
  ...['thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen'],
];
const TENS = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
const SCALES: Record<string, number> = { thousand: 1000, million: 1_000_000, billion: 1_000_000_000 };

/** A whole number in English words, in digits: `forty-two` is `42`, `minus one hundred and five` is `-105`. Undefined for any other text. */
export function numberInWords(text: string): string | undefined {
  if (text.length > LONGEST) return undefined;
  const words = text
    .trim()
    .toLowerCase()
    .replace(/\.$/, '')
    .split(/[\s-]+/);
  const negative = words[0] === 'minus' || words[0] === 'negative';
  const value = readNumber(negative ? words.slice(1) : words);
  return value === undefined ? undefined : `${negative ? '-' : ''}${value}`;
}

/** The same the other way round, for whole numbers below a million; the audit of rewards writes answers in words. */
export function inWords(value: number): string {
  if (value < 0) return `minus ${inWords(-value)}`;
  if (value < 20) return SMALL[value]!;
  if (value < 100) return `${TENS[Math.floor(value / 10) - 2]}${value % 10 === 0 ? '' : `-${SMALL[value % 10]}`}`;
  const [size, name] = value < 1000 ? [100, 'hundred'] : [1000, 'thousand'];
  const rest = value % size;
  return `${inWords(Math.floor(value / size))} ${name}${rest === 0 ? '' : ` ${inWords(rest)}`}`;
}

/** Scales get smaller from left to right: "two thousand three hundred", and not "two three" or "one thousand one million". */
function readNumber(words: readonly string[]): number | undefined {
  let [total, group, scale] = [0, undefined as number | undefined, Number.POSITIVE_INFINITY];
  for (const [i, word] of words.entries()) {
    const unit = SCALES[word];
    if (unit !== undefined) {
      if (group === undefined || unit >= scale) return undefined;
      [total, group, scale] = [total + group * unit, undefined, unit];
    } else if (word === 'hundred') {
      if (group === undefined || group === 0 || group >= 10) return undefined;
      group *= 100;
    } else if (word === 'and') {
      // Behind a hundred or a thousand, and before something.
      if (i === words.length - 1 || !/^(?:hundred|thousand|million|billion)$/.test(words[i - 1] ?? ''))
        return undefined;
    } else {
      const added = SMALL.includes(word) ? SMALL.indexOf(word) : 10 * (TENS.indexOf(word) + 2);
      if (!SMALL.includes(word) && !TENS.includes(word)) return undefined;
      if (!fits(added, group)) return undefined;
      group = (group ?? 0) + added;
    }
  }
  // "thousand" ends a group.
  return group === undefined && scale === Number.POSITIVE_INFINITY ? undefined : total + (group ?? 0);
}

/** One to nine follow tens, and both follow hundreds. */
function fits(added: number, group: number | undefined): boolean {
  if (group === undefined) return true;
  if (added === 0 || group === 0) return false;
  if (group % 100 === 0) return true;
  return added < 10 && group % 100 >= 20 && group % 10 === 0;
}
