/** A metric that can be drawn, in words. */
export interface MetricChoice {
  key: string;
  label: string;
}

export interface MetricGroup {
  title: string;
  metrics: MetricChoice[];
}

const FUNCTION = /^rewards\/(.+)\/mean$/;
const HELD_OUT_FUNCTION = /^eval_rewards\/(.+)\/mean$/;

/** All that any of the runs has measured: rewards and functions first, everything else under its own key. */
export function metricGroups(keys: Iterable<string>): MetricGroup[] {
  const all = [...new Set(keys)];
  const named = (pattern: RegExp) =>
    all.flatMap((key) => {
      const name = pattern.exec(key)?.[1];
      return name === undefined ? [] : [{ key, label: metricLabel(key) }];
    });
  const has = (key: string) => (all.includes(key) ? [{ key, label: metricLabel(key) }] : []);
  const groups = [
    { title: 'Training', metrics: [...has('reward'), ...named(FUNCTION)] },
    { title: 'Held-out prompts', metrics: [...has('eval_reward'), ...named(HELD_OUT_FUNCTION)] },
  ];
  const listed = new Set(groups.flatMap(({ metrics }) => metrics.map(({ key }) => key)));
  const rest = all.filter((key) => !listed.has(key)).sort();
  return [...groups, { title: 'Other metrics', metrics: rest.map((key) => ({ key, label: key })) }].filter(
    ({ metrics }) => metrics.length > 0,
  );
}

export function metricLabel(key: string): string {
  const trained = FUNCTION.exec(key)?.[1];
  if (trained !== undefined) return trained;
  const evaluated = HELD_OUT_FUNCTION.exec(key)?.[1];
  if (evaluated !== undefined) return `${evaluated}, held-out`;
  return { reward: 'reward', eval_reward: 'held-out reward' }[key] ?? key;
}
