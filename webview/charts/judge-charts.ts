/** What is counted of a judge, in a chart for each kind of number. */
const CHARTS = [
  {
    id: 'calls',
    title: 'Calls',
    counts: [
      ['calls', 'calls'],
      ['cached', 'answered from the cache'],
    ],
  },
  {
    id: 'tokens',
    title: 'Tokens',
    unit: 'tokens',
    counts: [
      ['prompt_tokens', 'read'],
      ['completion_tokens', 'written'],
    ],
  },
  { id: 'cost', title: 'Cost', counts: [['cost', 'per step']] },
] as const;

const JUDGE = /^judge\/(.+)\/calls$/;

/** What each judge has used up, step by step. */
export const judgeCharts = (keys: readonly string[]) =>
  keys.flatMap((key) => {
    const name = JUDGE.exec(key)?.[1];
    if (name === undefined) return [];
    return CHARTS.map(({ id, title, counts, ...more }) => ({
      id: `judge/${name}/${id}`,
      title: `${title} of the judge ${name}`,
      ...more,
      series: counts.map(([count, label], color) => {
        const id = `judge/${name}/${count}`;
        return { id, label, color, terms: [{ key: id, weight: 1 }] };
      }),
    }));
  });
