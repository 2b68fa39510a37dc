import { weightedSum } from '../grpo/advantages.ts';
import type { Verdict } from '../protocol/chat.ts';
import { BadInput } from '../protocol/errors.ts';
import type { Prompt, RewardOutcome } from '../protocol/rewards.ts';
import type { RewardSet } from '../rewards/open-rewards.ts';
import { placeOf, scoreOf } from '../rewards/score-table.ts';
import { recordedTexts } from '../run-folder/recorded-settings.ts';
import { rewardOpener } from '../trainer/run-rewards.ts';
import type { RunTarget } from './target.ts';

/** An answer as reward functions get it. */
export interface JudgedAnswer {
  prompt: Prompt;
  /** As the model sees it. */
  rendered: string;
  text: string;
  ids: number[];
  columns: Record<string, unknown>;
}

export interface JudgeOptions {
  /** The bundled reward worker. */
  rewardWorker: string;
  /** Gets what reward functions print. */
  onOutput(text: string): void;
  /** Hears what is not as in the run, a sentence each. */
  onNote(sentence: string): void;
}

/** A run's rewards, as the run recorded them. */
export class Judge {
  readonly names: string[];
  readonly #open: () => Promise<RewardSet>;
  /** Undefined after a stop, until the next answer. */
  #rewards: RewardSet | undefined;
  /** One answer after the other. */
  #last: Promise<unknown> = Promise.resolve();

  /** Undefined where they do not load: `onNote` hears why. */
  static async open({ run, info, loaded }: RunTarget, options: JudgeOptions): Promise<Judge | undefined> {
    const { rewardWorker, onOutput, onNote } = options;
    const opener = rewardOpener(loaded, { rewardWorker, onOutput });
    const open = () => opener(recordedTexts(run, info, loaded.directory, loaded.config));
    try {
      return new Judge(await open(), open);
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      onNote(`Answers are not scored: ${error.message}`);
      return undefined;
    }
  }

  private constructor(rewards: RewardSet, open: () => Promise<RewardSet>) {
    this.names = rewards.functions.map(({ name }) => name);
    this.#rewards = rewards;
    this.#open = open;
  }

  /** What each function says, and the weighted sum; null when none gave a score. Undefined: it was stopped. */
  async score(answer: JudgedAnswer): Promise<{ reward: number | null; verdicts: Verdict[] } | undefined> {
    const scored = this.#last.then(() => this.#score(answer));
    this.#last = scored.catch(() => {});
    return scored;
  }

  /** Ends the workers, and with them what they are at: a function may take as long as it likes. The next answer gets others. */
  async close(): Promise<void> {
    const rewards = this.#rewards;
    this.#rewards = undefined;
    await rewards?.close();
  }

  async #score({ prompt, rendered, text, ids, columns }: JudgedAnswer) {
    this.#rewards ??= await this.#open();
    const rewards = this.#rewards;
    const batch = {
      prompts: [prompt],
      renderedPrompts: [rendered],
      completions: [text],
      completionIds: [ids],
      columns: Object.fromEntries(Object.entries(columns).map(([name, value]) => [name, [value]])),
    };
    const scoring = rewards.score(batch);
    // Closing them makes it fail.
    const table = await scoring.catch((error: unknown) => {
      if (rewards === this.#rewards) throw error;
    });
    if (!table || rewards !== this.#rewards) return undefined;
    const verdicts = table.columns.map(({ name, weight, outcomes }) => verdictOf(name, weight, outcomes[0]!));
    const scores = table.columns.map(({ outcomes }) => scoreOf(outcomes[0]));
    return {
      reward: weightedSum(
        scores,
        table.columns.map(({ weight }) => weight),
      ),
      verdicts,
    };
  }
}

function verdictOf(name: string, weight: number, outcome: RewardOutcome): Verdict {
  const described = { name, weight, kind: outcome.kind, score: scoreOf(outcome), reason: null, extracted: null };
  switch (outcome.kind) {
    case 'score':
      return { ...described, reason: outcome.reason ?? null, extracted: outcome.extracted ?? null };
    case 'failure':
      return { ...described, reason: outcome.message, place: placeOf(outcome) };
    case 'abstain':
      return described;
    default:
      return outcome satisfies never;
  }
}
