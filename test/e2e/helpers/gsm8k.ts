/** Rows in GSM8K's form and words: a question, and a worked solution that ends in `#### 42`. */
export interface Gsm8kRow {
  question: string;
  answer: string;
}

type Story = (a: number, b: number) => Gsm8kRow;

const STORIES: Story[] = [
  (a, b) => ({
    question: `Natalia sold clips to ${a} of her friends in April, and then she sold ${b} more clips in May. How many clips did Natalia sell altogether in April and May?`,
    answer: `Natalia sold ${a}+${b} = <<${a}+${b}=${a + b}>>${a + b} clips altogether in April and May.\n#### ${a + b}`,
  }),
  (a, b) => ({
    question: `Weng earns $${a} an hour for babysitting. Yesterday, she did ${b} hours of babysitting. How much did she earn?`,
    answer: `Weng earned ${a} x ${b} = $<<${a}*${b}=${a * b}>>${a * b}.\n#### ${a * b}`,
  }),
  (a, b) => ({
    question: `James writes a ${a}-page letter to ${b} different friends. How many pages does he write?`,
    answer: `He writes ${a}*${b} = <<${a}*${b}=${a * b}>>${a * b} pages.\n#### ${a * b}`,
  }),
  (a, b) => ({
    question: `Betty has $${a} saved for a new wallet. Her grandmother gives her $${b}. How much money does Betty have now?`,
    answer: `Betty has ${a} + ${b} = $<<${a}+${b}=${a + b}>>${a + b}.\n#### ${a + b}`,
  }),
  (a, b) => ({
    question: `There are ${a} yellow flowers in Mark's garden, and ${b} more purple ones than yellow ones. How many purple flowers are there?`,
    answer: `There are ${a} + ${b} = <<${a}+${b}=${a + b}>>${a + b} purple flowers.\n#### ${a + b}`,
  }),
];

export const gsm8kRows = (count: number): Gsm8kRow[] =>
  Array.from({ length: count }, (_, index) =>
    STORIES[index % STORIES.length]!(((index * 7) % 40) + 5, (index % 9) + 2),
  );
