import type { ConfigEdit } from '../protocol/remedy.ts';
import type { RunHistory } from './run-history.ts';

/** The change of the config that gives a function this weight; undefined where the weight in the config is that of other functions of its file, too. */
export function setWeight({ config, functions }: RunHistory, name: string, weight: number): ConfigEdit | undefined {
  const file = functions.find((each) => each.name === name)?.file;
  const alone = functions.filter((each) => each.file === file).length === 1;
  const index = (config.rewards ?? []).findIndex(
    (reward) => reward.file === file && (reward.function === name || (reward.function === undefined && alone)),
  );
  // Nobody wants to read more digits of a guess.
  const value = Number(weight.toPrecision(1));
  return index < 0 ? undefined : { action: 'set', path: ['rewards', index, 'weight'], value };
}
