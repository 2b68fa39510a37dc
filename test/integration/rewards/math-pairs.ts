/**
 * Pairs of an expected answer and one that was given, of every kind that competition mathematics has, each made so that it is known whether they
 * are equal. The same ones in every run.
 */
export interface MathPair {
  kind: string;
  expected: string;
  answer: string;
  equal: boolean;
}

/** Mulberry32: the same numbers on every machine. */
function randomIntegers(seed: number): (low: number, high: number) => number {
  let state = seed;
  return (low, high) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return low + (((mixed ^ (mixed >>> 14)) >>> 0) % (high - low + 1));
  };
}

/** An expected answer, forms of it that are right, and answers that are wrong. */
interface Forms {
  expected: string;
  right: string[];
  wrong: string[];
}
type Pick = (low: number, high: number) => number;

const thousands = (n: number): string => String(n).replaceAll(/\B(?=(\d{3})+$)/g, ',');
const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
const signed = (n: number): string => (n < 0 ? `- ${-n}` : `+ ${n}`);
const WORDS = ['Evelyn', 'even', 'parabola', 'Tuesday', 'isosceles', 'east'];

const KINDS: Record<string, (pick: Pick, round: number) => Forms> = {
  integer(pick) {
    const n = pick(2, 900);
    return { expected: `${n}`, right: [`${n}.0`, `$${n}$`, `+${n}`], wrong: [`${n + 1}`, `-${n}`, `${n}0`] };
  },
  'large integer'(pick) {
    const n = pick(1100, 987_654);
    return {
      expected: String(n).replace(/(\d{3})$/, '{,}$1'),
      right: [`${n}`, thousands(n), thousands(n).replaceAll(',', ',\\!')],
      wrong: [String(n).slice(-3), `${n + 1}`, thousands(n).replaceAll(',', ', 1')],
    };
  },
  decimal(pick) {
    const [whole, part] = [pick(0, 90), pick(1, 9)];
    return {
      expected: `${whole}.${part}`,
      right: [`${whole}.${part}0`, `\\frac{${whole * 10 + part}}{10}`],
      wrong: [`${whole}.${part}1`, `${whole}`, `${whole}${part}`],
    };
  },
  fraction(pick) {
    const [a, b] = [pick(1, 20), pick(21, 40)];
    const by = divisor(a, b);
    const sign = pick(0, 1) ? '-' : '';
    return {
      expected: `${sign}\\frac{${a / by}}{${b / by}}`,
      right: [`${sign}${a}/${b}`, `${sign}\\dfrac{${a * 3}}{${b * 3}}`, `\\frac{${sign}${a}}{${b}}`],
      wrong: [`${sign}\\frac{${b}}{${a}}`, `${sign}\\frac{${a + 1}}{${b}}`, `${sign}${a / by}`],
    };
  },
  'mixed number'(pick) {
    const [whole, a, b] = [pick(1, 12), pick(1, 4), pick(5, 9)];
    return {
      expected: `${whole}\\frac{${a}}{${b}}`,
      right: [`\\frac{${whole * b + a}}{${b}}`, `${whole} \\dfrac{${a}}{${b}}`],
      wrong: [`\\frac{${whole * a}}{${b}}`, `${whole}`, `\\frac{${a}}{${b}}`],
    };
  },
  root(pick) {
    const [a, b] = [pick(2, 9), [2, 3, 5, 7, 13][pick(0, 4)]!];
    return {
      expected: `${a}\\sqrt{${b}}`,
      right: [`\\sqrt{${a * a * b}}`, `\\frac{${a * b}}{\\sqrt{${b}}}`, `${a}*sqrt(${b})`],
      wrong: [`${b}`, `${a}\\sqrt{${b + 1}}`, `-${a}\\sqrt{${b}}`],
    };
  },
  'sum with a root'(pick) {
    const [a, b, c] = [pick(1, 9), pick(2, 9), [2, 3, 5, 7][pick(0, 3)]!];
    return {
      expected: `${a}+${b}\\sqrt{${c}}`,
      right: [`${b}\\sqrt{${c}} + ${a}`, `${a} + \\sqrt{${b * b * c}}`],
      wrong: [`${a}-${b}\\sqrt{${c}}`, `${a + b}\\sqrt{${c}}`],
    };
  },
  pi(pick) {
    const [a, b] = [pick(2, 9), pick(10, 19)];
    return {
      expected: `\\frac{${a}\\pi}{${b}}`,
      right: [`\\frac{${a}}{${b}}\\pi`, `${a}\\pi/${b}`, `${a}pi/${b}`],
      wrong: [`\\frac{${a}}{${b}}`, `\\frac{${a + 1}\\pi}{${b}}`, `${a}`],
    };
  },
  'power of ten'(pick) {
    const [a, n] = [pick(2, 9), pick(3, 8)];
    return {
      expected: `${a} \\times 10^{${n}}`,
      right: [`${a}${'0'.repeat(n)}`, `${a}\\cdot 10^${n}`],
      wrong: [`${n}`, `${a} \\times 10^{${n + 1}}`, `${a}`],
    };
  },
  percent(pick) {
    const n = pick(3, 96);
    return { expected: `${n}\\%`, right: [`${n}\\%`, `${n}`, `${n}%`], wrong: [`${n + 1}\\%`, `${n * 10}`] };
  },
  polynomial(pick) {
    const [a, b, c] = [pick(2, 9), pick(1, 9), pick(1, 9)];
    return {
      expected: `${a}x^2+${b}x-${c}`,
      right: [`-${c}+${b}x+${a}x^{2}`, `${a}x^2 - ${c} + ${b} x`, `x(${a}x+${b})-${c}`],
      wrong: [`${a}x^2-${b}x-${c}`, `${a}y^2+${b}y-${c}`, `${a}x^3+${b}x-${c}`],
    };
  },
  factors(pick) {
    const [a, b] = [pick(1, 9), pick(2, 9)];
    return {
      expected: `(x+${a})(x-${b})`,
      right: [`x^2 ${signed(a - b)}x - ${a * b}`, `(x-${b})(x+${a})`],
      wrong: [`(x-${a})(x+${b + 1})`, `x^2-${a * b + 1}`],
    };
  },
  'rational function'(pick) {
    const [a, b] = [pick(2, 9), pick(1, 9)];
    return {
      expected: `\\frac{x+${b}}{x-${a}}`,
      right: [`(x+${b})/(x-${a})`, `\\frac{-x-${b}}{${a}-x}`],
      wrong: [`\\frac{x-${a}}{x+${b}}`, `\\frac{x+${b}}{x+${a}}`],
    };
  },
  pair(pick) {
    const [a, b] = [pick(-9, -1), pick(1, 9)];
    return {
      expected: `(${a}, ${b})`,
      right: [`(${a},${b})`, `\\left(${a},\\frac{${2 * b}}{2}\\right)`],
      wrong: [`(${b}, ${a})`, `${b}`, `(${a}, ${b + 1})`],
    };
  },
  list(pick) {
    const [a, b, c] = [pick(1, 9), pick(10, 19), pick(20, 29)];
    return {
      expected: `${a}, ${b}, ${c}`,
      right: [`${c}, ${a}, ${b}`, `\\{${a}, ${b}, ${c}\\}`],
      wrong: [`${a}, ${b}`, `${a}, ${b}, ${c + 1}`, `${c}`],
    };
  },
  set(pick) {
    const [a, b] = [pick(-9, 0), pick(1, 9)];
    return {
      expected: `\\{${a}, ${b}\\}`,
      right: [`\\{${b}, ${a}\\}`, `\\left\\{${a}, ${b}\\right\\}`],
      wrong: [`\\{${a}\\}`, `\\{${a}, ${b + 1}\\}`],
    };
  },
  interval(pick) {
    const [a, b] = [pick(-9, 0), pick(1, 9)];
    return {
      expected: `[${a}, ${b})`,
      right: [`\\left[${a}, ${b}\\right)`, `[${a},\\frac{${3 * b}}{3})`],
      wrong: [`(${a}, ${b})`, `[${a}, ${b}]`, `[${a}, ${b + 1})`],
    };
  },
  union(pick) {
    const [a, b] = [pick(-9, 0), pick(1, 9)];
    return {
      expected: `(-\\infty, ${a}) \\cup [${b}, \\infty)`,
      right: [`[${b}, \\infty) \\cup (-\\infty, ${a})`, `(-\\infty,${a})\\cup[${b},+\\infty)`],
      wrong: [
        `(-\\infty, ${a}] \\cup [${b}, \\infty)`,
        `(-\\infty, ${a})`,
        `(-\\infty, ${a}) \\cup [${b + 1}, \\infty)`,
      ],
    };
  },
  inequality(pick) {
    const a = pick(1, 30);
    return {
      expected: `x \\le ${a}`,
      right: [`x \\leq ${a}`, `${a} \\ge x`, `2x \\le ${2 * a}`],
      wrong: [`x < ${a}`, `x \\ge ${a}`, `x \\le ${a + 1}`],
    };
  },
  assignment(pick) {
    const a = pick(2, 60);
    return { expected: `x=${a}`, right: [`${a}`, `x = ${a}.0`], wrong: [`x=${a + 1}`, `y=${a}`, `${a + 1}`] };
  },
  line(pick) {
    const [a, b] = [pick(2, 9), pick(1, 9)];
    return {
      expected: `y = ${a}x + ${b}`,
      right: [`y=${b}+${a}x`, `${a}x - y + ${b} = 0`],
      wrong: [`y = ${a}x - ${b}`, `y = ${b}x + ${a + b}`],
    };
  },
  circle(pick) {
    const [a, r] = [pick(1, 9), pick(2, 9)];
    return {
      expected: `(x-${a})^2+y^2=${r * r}`,
      right: [`y^2+(x-${a})^2=${r * r}`, `x^2-${2 * a}x+${a * a}+y^2=${r * r}`],
      wrong: [`(x+${a})^2+y^2=${r * r}`, `(x-${a})^2+y^2=${r}`],
    };
  },
  matrix(pick) {
    const [a, b, c, d] = [pick(0, 9), pick(0, 9), pick(1, 9), pick(0, 9)];
    const matrix = (kind: string, e = d) => `\\begin{${kind}} ${a} & ${b} \\\\ ${c} & ${e} \\end{${kind}}`;
    return {
      expected: matrix('pmatrix'),
      right: [matrix('bmatrix'), matrix('pmatrix')],
      wrong: [matrix('pmatrix', d + 1), `\\begin{pmatrix} ${a} \\\\ ${c} \\end{pmatrix}`],
    };
  },
  complex(pick) {
    const [a, b] = [pick(1, 9), pick(2, 9)];
    return {
      expected: `${a}+${b}i`,
      right: [`${b}i+${a}`, `${a} + ${b} i`],
      wrong: [`${a}-${b}i`, `${a + b}i`, `${a}`],
    };
  },
  degrees(pick) {
    const n = pick(10, 170);
    return { expected: `${n}^\\circ`, right: [`${n}`, `${n}^{\\circ}`], wrong: [`${n + 1}^\\circ`, `${n}0`] };
  },
  base(pick) {
    const [a, b] = [pick(1, 4), pick(0, 3)];
    return { expected: `${a}${b}_{5}`, right: [`${a}${b}_5`, `${a}${b}_{5}`], wrong: [`${a}${b + 1}_5`] };
  },
  unit(pick) {
    const n = pick(2, 90);
    return {
      expected: `${n}\\text{ cm}^2`,
      right: [`${n}`, `${n}\\mbox{ cm}^2`, `${n} \\text{ square centimeters}`],
      wrong: [`${n + 1}\\text{ cm}^2`, '2'],
    };
  },
  money(pick) {
    const [n, c] = [pick(2, 90), pick(10, 99)];
    return { expected: `${n}.${c}`, right: [`\\$${n}.${c}`], wrong: [`\\$${n}`, `\\$${n}.${c === 99 ? 98 : c + 1}`] };
  },
  words(pick, round) {
    const word = WORDS[round % WORDS.length]!;
    return {
      expected: `\\text{${word}}`,
      right: [word, `\\text{${word.toLowerCase()}}`],
      wrong: [`\\text{${WORDS[(round + 1 + pick(0, 3)) % WORDS.length]}}`],
    };
  },
  choice(pick, round) {
    const letter = 'ABCDE'[round % 5]!;
    return {
      expected: `\\text{(${letter})}`,
      right: [letter, `(${letter})`],
      wrong: ['ABCDE'[(round + 1 + pick(0, 3)) % 5]!],
    };
  },
  'plus or minus'(pick) {
    const [a, b] = [pick(1, 9), [2, 3, 5, 7][pick(0, 3)]!];
    return {
      expected: `${a} \\pm \\sqrt{${b}}`,
      right: [`${a}+\\sqrt{${b}}, ${a}-\\sqrt{${b}}`],
      wrong: [`${a}+\\sqrt{${b}}`, `${a + 1} \\pm \\sqrt{${b}}`],
    };
  },
  power(pick) {
    const [a, n] = [pick(2, 5), pick(2, 7)];
    return { expected: `${a}^{${n}}`, right: [`${a ** n}`, `${a}^${n}`], wrong: [`${a * n + 1}`, `${n}^{${a + 7}}`] };
  },
  exponential(pick) {
    const a = pick(2, 9);
    return { expected: `e^{${a}x}`, right: [`(e^{x})^{${a}}`, `\\exp(${a}x)`], wrong: [`e^{${a + 1}x}`, `${a}e^{x}`] };
  },
  logarithm(pick) {
    const a = pick(2, 9);
    return {
      expected: `\\ln ${a}`,
      right: [`\\ln(${a})`, `\\frac{\\ln ${a * a}}{2}`],
      wrong: [`\\ln ${a + 1}`, `${a}`],
    };
  },
  'three letters'(pick) {
    const [a, b] = [pick(2, 9), pick(2, 9)];
    return {
      expected: `${a}x^2z + ${b}w`,
      right: [`${b}w+${a}zx^2`, `${b} w + ${a} x^{2} z`],
      wrong: [`${a}xz^2 + ${b}w`, `${a}x^2z + ${b}y`],
    };
  },
};

/** `rounds` times each kind. */
export function mathPairs(rounds: number): MathPair[] {
  const pick = randomIntegers(22);
  return Object.entries(KINDS).flatMap(([kind, make]) =>
    Array.from({ length: rounds }, (_, round) => make(pick, round)).flatMap(({ expected, right, wrong }) => [
      ...right.map((answer) => ({ kind, expected, answer, equal: true })),
      ...wrong.map((answer) => ({ kind, expected, answer, equal: false })),
    ]),
  );
}
