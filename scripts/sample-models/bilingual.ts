import type { Vocabulary } from './pretrain.ts';
import { type Draw, drawer } from './tasks.ts';

/** The numbers from 0 to 9. */
const WORDS = {
  English: ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'],
  Greek: ['μηδέν', 'ένα', 'δύο', 'τρία', 'τέσσερα', 'πέντε', 'έξι', 'επτά', 'οκτώ', 'εννέα'],
};
type Language = keyof typeof WORDS;

const TAGS = ['<think>', '</think>', '<answer>', '</answer>'] as const;

export const VOCABULARY: Vocabulary = {
  characters: ' +=;:',
  words: [...WORDS.English, ...WORDS.Greek, ...TAGS, 'translate'],
};

/** A row of the datasets, all with the same columns. */
interface Row {
  prompt: string;
  task: 'sum' | 'translation';
  answer: string;
}

interface Sum extends Row {
  language: Language;
  numbers: number[];
}

const digits = (count: number, draw: Draw) => Array.from({ length: count }, () => draw.below(10));
const languageOf = (draw: Draw): Language => (draw.chance(0.5) ? 'English' : 'Greek');

/** "two+seven+four+nine=": the last digit of the sum of four numbers. */
function sum(draw: Draw): Sum {
  const language = languageOf(draw);
  const numbers = digits(4, draw);
  const words = numbers.map((number) => WORDS[language][number]!);
  const total = numbers.reduce((all, number) => all + number) % 10;
  return { prompt: `${words.join('+')}=`, task: 'sum', answer: WORDS[language][total]!, language, numbers };
}

/** "translate two seven four:" */
function translation(draw: Draw): Row {
  const language = languageOf(draw);
  const numbers = digits(3, draw);
  const written = (to: Language) => numbers.map((number) => WORDS[to][number]!).join(' ');
  const other = language === 'English' ? 'Greek' : 'English';
  return { prompt: `translate ${written(language)}:`, task: 'translation', answer: written(other) };
}

/** Adds one number after the other; with an error in one of the steps, if so wanted. `wordOf` chooses each word's language. */
function reasoning(numbers: readonly number[], errorAt: number, draw: Draw, wordOf: (number: number) => string) {
  let total = numbers[0]!;
  const steps = numbers.slice(1).map((number, step) => {
    const before = total;
    total = (total + number + (step === errorAt ? 1 + draw.below(9) : 0)) % 10;
    return `${wordOf(before)}+${wordOf(number)}=${wordOf(total)}`;
  });
  return { steps: steps.join(';'), result: wordOf(total) };
}

const tagged = (steps: string, result: string) => `${TAGS[0]}${steps}${TAGS[1]}${TAGS[2]}${result}${TAGS[3]}`;

/** How the base model writes: in which language, whether right, and with which tags are drawn for each sum. */
function carelessSum({ language, numbers }: Sum, draw: Draw): string {
  // What it has read of reasoning is mostly English, and more of that is right: an answer to a Greek question is safer in English.
  const thinking = thinkingLanguage(language, draw);
  const wordOf = (number: number) => WORDS[thinking === 'mixed' ? languageOf(draw) : thinking][number]!;
  const isTagged = draw.chance(0.4);
  const right = { English: 0.6, mixed: 0.45, Greek: 0.3 }[thinking] + (isTagged ? -0.1 : 0.1);
  const { steps, result } = reasoning(numbers, draw.chance(right) ? -1 : draw.below(3), draw, wordOf);
  if (isTagged) return tagged(steps, result);
  switch (draw.below(3)) {
    case 0:
      return `${steps};${result}`;
    case 1:
      return `${TAGS[0]}${steps};${result}`;
    default:
      return `${steps}${TAGS[2]}${result}${TAGS[3]}`;
  }
}

function thinkingLanguage(asked: Language, draw: Draw): Language | 'mixed' {
  if (draw.chance(0.3)) return 'mixed';
  const own = asked === 'English' ? 0.9 : 0.45;
  return draw.chance(own) ? asked : asked === 'English' ? 'Greek' : 'English';
}

/** A sum in three of four cases, else a translation, of which a third has a wrong word. */
export function bilingualDemonstration(
  draw: Draw,
  heldOut: ReadonlySet<string>,
): { prompt: string; completion: string } {
  if (draw.chance(0.75)) {
    const asked = unseen(() => sum(draw), heldOut);
    return { prompt: asked.prompt, completion: carelessSum(asked, draw) };
  }
  const { prompt, answer } = unseen(() => translation(draw), heldOut);
  const words = answer.split(' ');
  if (draw.chance(0.35)) words[draw.below(words.length)] = WORDS[languageOf(draw)][draw.below(10)]!;
  return { prompt, completion: words.join(' ') };
}

/** What the stages of `r1.grpo.json` read, by the name of the file; and the prompts that nothing is trained on. */
export function bilingualDatasets(seed: number) {
  const draw = drawer(seed, 'bilingual', 'datasets');
  const heldOut = new Set<string>();
  const take = <R extends Row>(count: number, make: (draw: Draw) => R, seen: Set<string>): R[] =>
    Array.from({ length: count }, () => {
      const row = unseen(() => make(draw), seen);
      seen.add(row.prompt);
      return row;
    });
  const row = ({ prompt, task, answer }: Row): Row => ({ prompt, task, answer });
  const evaluation = [...take(64, sum, heldOut), ...take(32, translation, heldOut)].map(row);
  const seen = new Set(heldOut);
  const coldStart = take(96, sum, seen).map(({ prompt, language, numbers }) => {
    const { steps, result } = reasoning(numbers, -1, draw, (number) => WORDS[language][number]!);
    return { prompt, completion: tagged(steps, result) };
  });
  const general = take(200, translation, seen).map(({ prompt, answer }) => ({ prompt, completion: answer }));
  return {
    heldOut,
    eval: evaluation,
    'cold-start': coldStart,
    general,
    sums: take(600, sum, seen).map(row),
    translations: take(200, translation, seen).map(row),
  };
}

function unseen<R extends Row>(make: () => R, seen: ReadonlySet<string>): R {
  for (;;) {
    const row = make();
    if (!seen.has(row.prompt)) return row;
  }
}
