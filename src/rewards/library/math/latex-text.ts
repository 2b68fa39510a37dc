/** Text that is meant as mathematics, made ready for a LaTeX parser. */
export interface LatexText {
  latex: string;
  /** It ended with a percent sign, which is not in `latex` any more: `28\%` may mean 0.28, and 28. */
  percent: boolean;
  /** What it is measured in, as far as it is known here: `cm^2`. */
  unit: string | undefined;
}

/** Nobody writes longer or deeper answers; a model that rambles may. */
const LONGEST = 500;
const DEEPEST = 12;
/** The parser tries every bar as the beginning and as the end of an absolute value. */
const MOST_BARS = 8;

const WRAPPERS = [/^\$\$([\s\S]+)\$\$$/, /^\$([^$]+)\$$/, /^\\\[([\s\S]+)\\\]$/, /^\\\(([\s\S]+)\\\)$/];

const UNICODE: Record<string, string> = {
  ...{ '−': '-', '–': '-', '×': '\\times ', '·': '\\cdot ', '÷': '/', '≤': '\\le ', '≥': '\\ge ', '≠': '\\ne ' },
  ...{ '∞': '\\infty ', '∪': '\\cup ', '∩': '\\cap ', '∈': '\\in ', '∅': '\\emptyset ', π: '\\pi ', θ: '\\theta ' },
  ...{
    '±': '\\pm ',
    '½': '\\frac{1}{2}',
    '⅓': '\\frac{1}{3}',
    '¼': '\\frac{1}{4}',
    '¾': '\\frac{3}{4}',
    '⅔': '\\frac{2}{3}',
  },
  ...{ '²': '^{2}', '³': '^{3}', ℝ: '\\mathbb{R}' },
};

/** Names and short forms of units, each with its short form. A unit that is not here is not compared. */
const UNITS = new Map(
  Object.entries({
    ...{ mm: ['millimeter', 'millimetre'], cm: ['centimeter', 'centimetre'], m: ['meter', 'metre'] },
    ...{ km: ['kilometer', 'kilometre'], in: ['inch', 'inches'], ft: ['foot', 'feet'], yd: ['yard'], mi: ['mile'] },
    ...{ mg: ['milligram'], g: ['gram'], kg: ['kilogram'], lb: ['pound'], s: ['second', 'sec'], min: ['minute'] },
    ...{ h: ['hour', 'hr'], day: [], week: [], month: [], year: [], ml: ['milliliter'], l: ['liter', 'litre'] },
    ...{ mph: [], cent: [], dollar: [] },
  }).flatMap(([short, names]) => [short, ...names].flatMap((name) => [name, `${name}s`].map((each) => [each, short]))),
);

/** `\sin 15^\circ`: an angle that is an answer loses its degree sign. */
const DEGREES_OF = /(\\(?:sin|cos|tan|cot|sec|csc))\s*[({]?\s*(\d+(?:\.\d+)?)\s*(?:\^\s*\{?\s*\\circ\s*\}?|°)\s*[)}]?/g;

const MULTIPLES: Record<string, string> = {
  hundred: '100',
  thousand: '1000',
  million: '1000000',
  billion: '1000000000',
  dozen: '12',
};
/** `3 million`, `3\text{ million dollars}` */
const MULTIPLE = /(\d)\s*(\\text\s*\{)?\s*(hundred|thousand|million|billion|dozen)(?![a-z])/gi;

/** `17^{\text{th}}`, `3rd` */
const ORDINAL = /(?<=\d)\s*(?:\^\s*)?\{?\s*(?:\\text\s*\{\s*)?(?:st|nd|rd|th)\s*\}{0,2}$/;

/** Undefined for what is empty, or too long to be an answer. */
export function latexText(text: string): LatexText | undefined {
  let latex = text.trim();
  if (latex === '' || latex.length > LONGEST || depthOf(latex) > DEEPEST || latex.split('|').length > MOST_BARS + 1)
    return undefined;
  for (let before = ''; before !== latex; ) {
    before = latex;
    for (const wrapper of WRAPPERS) latex = latex.replace(wrapper, '$1').trim();
  }
  latex = latex
    .replaceAll(/[−–×·÷≤≥≠∞∪∩∈∅πθ±½⅓¼¾⅔²³ℝ]/g, (character) => UNICODE[character]!)
    .replaceAll(/\\(?:displaystyle|textstyle|left|right|bigl?|bigr|Bigl?|Bigr|limits)(?![a-zA-Z])/g, '')
    // `11,\! 111`
    .replaceAll(/(\d),(?:\\!|\{\})\s*(?=\d{3}(?!\d))/g, '$1')
    // `4\,2` is not 42.
    .replaceAll(/(\d)(?:\\,|\{\})(?=\d)(?!\d{3}(?!\d))/g, '$1 ')
    .replaceAll(/(?<!\\)\\[,;:! ]|\\qquad|\\quad|~/g, (space) => (space === '\\!' || space === '\\,' ? '' : ' '))
    .replaceAll('{,}', ',')
    .replaceAll(/\\?[$€£¥]\s*(?=[\d.-])/g, '')
    .replaceAll(DEGREES_OF, '$1{\\frac{$2\\pi}{180}}')
    .replaceAll(/(\^\s*\{?\s*\\circ\s*\}?|\\degree|°)/g, '')
    .replaceAll(/\\(?:mathrm|textrm|mathbf|textbf|textit|mbox|mathit|mathsf)(?=\s*\{)/g, '\\text')
    .replace(/^\\text\s*\{\s*(-?\d[^{}]*|\(?[A-Z]\)?(?:,\s*\(?[A-Z]\)?)+)\s*\}$/, '$1')
    .replace(ORDINAL, '')
    .replaceAll(
      MULTIPLE,
      (_, digit: string, mark = '', word: string) => `${digit}\\cdot ${MULTIPLES[word.toLowerCase()]}${mark}`,
    )
    .replace(/\s*[.,;]?\s*$/, '')
    .replaceAll(/\\sqrt\s*(\d+)/g, '\\sqrt{$1}');
  latex = plainFunctions(latex);
  const percent = /(?:\\?%|\\text\s*\{\s*percent\s*\}|\bpercent)\s*$/i.exec(latex);
  if (percent) latex = latex.slice(0, percent.index).trim();
  const { rest, unit } = withoutUnit(latex);
  return { latex: joinedThousands(alternatives(rest)), percent: percent !== null, unit };
}

/** How deep its brackets are nested. */
function depthOf(latex: string): number {
  let [depth, deepest] = [0, 0];
  for (const character of latex) {
    if ('{(['.includes(character)) deepest = Math.max(deepest, ++depth);
    else if ('})]'.includes(character)) depth--;
  }
  return deepest;
}

/** What people write without LaTeX: `sqrt(2)`, `pi/3`, `x^10`, `2*3`. */
function plainFunctions(text: string): string {
  return (
    text
      .replaceAll(/(?<![\\a-zA-Z])sqrt\s*\(((?:[^()]|\([^()]*\))*)\)/g, '\\sqrt{$1}')
      .replaceAll(/√\s*\(((?:[^()]|\([^()]*\))*)\)/g, '\\sqrt{$1}')
      .replaceAll(/√\s*(\d+|[a-zA-Z])/g, '\\sqrt{$1}')
      .replaceAll(/(?<![\\a-zA-Z])(pi|infty|infinity|inf|sin|cos|tan|ln|log|exp)(?![a-zA-Z])/g, (_, name: string) =>
        name.startsWith('inf') ? '\\infty ' : `\\${name} `,
      )
      .replaceAll(/(?<![\d./])(\d+)\s+(\d+)\/(\d+)(?![\d.])/g, '$1\\frac{$2}{$3}')
      .replace(/^\{(.*,.*)\}$/, '\\{$1\\}')
      .replaceAll('**', '^')
      .replaceAll('*', '\\cdot ')
      .replaceAll('<=', '\\le ')
      .replaceAll('>=', '\\ge ')
      .replaceAll('!=', '\\ne ')
      .replaceAll(/\^\s*\(([^()]*)\)/g, '^{$1}')
      // In LaTeX the power would be one digit; nobody means that.
      .replaceAll(/([\^_])\s*(-?\d{2,})/g, '$1{$2}')
      .replaceAll(/\^\s*(-\d)/g, '^{$1}')
  );
}

/** `5 \text{ cm}^2` as 5, in `cm^2`. Any other words after a number are dropped, too: `12 apples`. */
function withoutUnit(latex: string): { rest: string; unit: string | undefined } {
  const power = String.raw`(?:\s*\^\s*\{?\s*([23])\s*\}?)?`;
  const marked = new RegExp(String.raw`^(.*(?:[\d}!)]|\\pi)\s*)\\text\s*\{([^{}]*)\}${power}$`, 's').exec(latex);
  const plain = new RegExp(String.raw`^(.*\d)\s+([a-zA-Z][a-zA-Z .]*?)${power}$`, 's').exec(latex);
  const glued = new RegExp(String.raw`^([-+]?[\d.,]+)(mm|cm|km|kg|mg|ml|mph|ft|m|g|s)${power}$`).exec(latex);
  const match = marked ?? glued ?? plain;
  if (!match || /^\s*(?:and|or)\b/.test(match[2]!) || /\\text\s*\{\s*$/.test(match[1]!))
    return { rest: latex, unit: undefined };
  // "x^2 y" has no unit, "5 x" and "5 ab" neither.
  const number = match[1]!.replaceAll(/\\(?:[dt]?frac|sqrt|pi|times|cdot)/g, '');
  if (match === plain && (/[a-zA-Z]/.test(number) || (match[2]!.length < 3 && !UNITS.has(match[2]!))))
    return { rest: latex, unit: undefined };
  const words = match[2]!.trim().toLowerCase();
  if (
    /\b(?:is|are|was|were|not|no|plus|minus|times|squared|cubed|most|least|more|less|perhaps|maybe|wrong|incorrect|false|but|if)\b/.test(
      words,
    )
  )
    return { rest: latex, unit: undefined };
  const squared = /^(square|sq\.?|cubic|cu\.?)\s+(.*)$/.exec(words);
  const name = UNITS.get((squared ? squared[2]! : words).replace(/\.$/, ''));
  const exponent = match[3] ?? (squared ? (squared[1]!.startsWith('s') ? '2' : '3') : undefined);
  return { rest: match[1]!.trim(), unit: name && (exponent ? `${name}^${exponent}` : name) };
}

/** `2 or 3`, `x = 1 \text{ and } x = 2` as a list. */
const alternatives = (latex: string): string =>
  latex.replaceAll(/\s*,?\s*(?:\\text\s*\{\s*,?\s*(?:and|or)\s*\}|(?<![a-zA-Z\\])(?:and|or)(?![a-zA-Z]))\s*/g, ', ');

/** `1,234` and `1 234` as one number, unless the comma may divide the members of a list, a pair or a set. */
function joinedThousands(latex: string): string {
  if (/[()[\]]|\\\{/.test(latex)) return latex;
  return latex
    .replaceAll(/(?<![\d,.])\d{1,3}(?:,\d{3})+(?![\d,])/g, (number) => number.replaceAll(',', ''))
    .replaceAll(/(?<![\d,.])\d{1,3}(?: \d{3})+(?![\d,])/g, (number) => number.replaceAll(' ', ''));
}
