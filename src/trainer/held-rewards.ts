import type { LoadedConfig } from '../config/load-config.ts';
import type { RewardSet } from '../rewards/open-rewards.ts';
import { type HeldRewards, type HoldOptions, holdRewards } from './run-rewards.ts';

/** Rewards by what is named: stages that name the same share them. */
export class HeldBySpecs {
  readonly #options: HoldOptions;
  readonly #held = new Map<string, HeldRewards>();

  constructor(options: HoldOptions) {
    this.#options = options;
  }

  async of(loaded: LoadedConfig): Promise<HeldRewards> {
    const key = JSON.stringify(loaded.config.rewards);
    const held = this.#held.get(key) ?? (await holdRewards(loaded, this.#options));
    this.#held.set(key, held);
    return held;
  }

  get all(): Pick<RewardSet, 'functions' | 'sources' | 'close'> {
    const held = this.#held;
    const once = <T>(items: T[], key: (item: T) => string): T[] => [
      ...new Map(items.map((item) => [key(item), item])).values(),
    ];
    const sets = () => [...held.values()].map(({ rewards }) => rewards);
    return {
      get functions() {
        return once(
          sets().flatMap(({ functions }) => [...functions]),
          ({ name }) => name,
        );
      },
      get sources() {
        return once(
          sets().flatMap(({ sources }) => [...sources]),
          ({ file }) => file,
        );
      },
      async close() {
        for (const set of sets()) await set.close();
      },
    };
  }
}
