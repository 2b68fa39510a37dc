const FRACTION = /^([-+]?)\\[dt]?frac\{([^{}]+)\}\{([^{}]+)\}$/;
const DECIMAL = /^[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:[eE][-+]?\d+)?$/;

/**
 * Parses one number as written in text or LaTeX; undefined for anything else. Thousands separators are commas, the decimal
 * mark is a point; a currency sign, `\,` and `\!` are ignored; `a/b` and `\frac{a}{b}` are divided; `50%` is 0.5.
 *
 * @example parseNumber('$1,234.50') // 1234.5
 * @example parseNumber('-3/4') // -0.75
 * @example parseNumber('12 apples') // undefined
 */
export function parseNumber(text: string): number | undefined {
  // Nobody writes longer numbers; a model that rambles may.
  if (text.length > 200) return undefined;
  const plain = text
    .trim()
    .replace(/^\$(.*)\$$/, '$1')
    // `1\,000` is a thousand, but `4\,2` and `4\;2` are not 42.
    .replace(/\\!\s*|\\,\s*(?=\d{3}(?!\d))|\\?[$€£¥]|\.$/g, '')
    .replace(/\\[,; ]/g, ' ')
    .trim()
    .replace('\\%', '%')
    .replace('−', '-')
    // "3 4" is not 34, and "32, 349" are two.
    .replace(/(?<![\d,.])\s+|\s+(?!\d)/g, '');
  if (plain.endsWith('%')) return divide(parseDecimal(plain.slice(0, -1)), 100);
  const latex = FRACTION.exec(plain);
  if (latex) return divide(parseDecimal(`${latex[1]}${latex[2]}`), parseDecimal(latex[3]!));
  const [above, below, ...more] = plain.split('/');
  if (more.length > 0) return undefined;
  return below === undefined ? parseDecimal(above!) : divide(parseDecimal(above!), parseDecimal(below));
}

function parseDecimal(text: string): number | undefined {
  if (!DECIMAL.test(text) || !/\d/.test(text.split(/e/i)[0]!)) return undefined;
  return finite(Number(text.replaceAll(',', '')));
}

function divide(above: number | undefined, below: number | undefined): number | undefined {
  return above === undefined || below === undefined ? undefined : finite(above / below);
}

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);
