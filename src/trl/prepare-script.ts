import { join } from 'node:path';
import type { LoadedConfig } from '../config/load-config.ts';
import { plannedSteps } from '../data/prompt-order.ts';
import type { Tokenizer } from '../model/tokenizer/tokenizer.ts';
import { BadInput } from '../protocol/errors.ts';
import type { Finding } from '../protocol/finding.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { openRewards, type RewardSet } from '../rewards/open-rewards.ts';
import { loadRows } from '../trainer/load-rows.ts';
import { openModel, promptList } from '../trainer/prepare.ts';
import { promptFindings } from '../trainer/prompt-findings.ts';
import type { PromptList } from '../trainer/prompt-list.ts';
import { evaluationArgs } from './evaluation.ts';
import type { Translation } from './fields.ts';
import { modelDifferences } from './model-differences.ts';
import type { PythonValue } from './python-value.ts';

/** All that a script is written from. */
export interface PreparedScript {
  /** With the steps that it comes to. */
  config: RunConfig;
  prompts: PromptList;
  /** Held-out prompts, where it evaluates. */
  evaluated: PromptList | undefined;
  /** By GRPOConfig's names. */
  args: Record<string, PythonValue>;
  /** What is not quite the same, a sentence each. */
  notes: string[];
  /** Closed; what is known of its functions and sources stays. */
  set: RewardSet;
  tokenizer: Tokenizer;
  /** What is noticed about the prompts. */
  findings: Finding[];
}

interface Where {
  /** The folder of the build. */
  built: string;
  /** For Python rewards; null: whichever there is. */
  python: string | null;
}

/** Reads what a config names, as far as a script has it. Throws BadInput for the first thing that is wrong. */
export async function prepareScript(
  loaded: LoadedConfig,
  translated: Pick<Translation, 'args' | 'approximated'>,
  where: Where,
): Promise<PreparedScript> {
  const rows = await loadRows(loaded);
  const opened = openModel(loaded);
  const prompts = promptList(rows.train, 'prompt', opened, loaded);
  const config = { ...loaded.config, maxSteps: plannedSteps(loaded.config, prompts.length) };
  const heldOut = rows.heldOut && promptList(rows.heldOut, 'held-out prompt', opened, loaded);
  const differences = modelDifferences(config.model, opened);
  const evaluation = heldOut ? evaluationArgs(config) : { args: {}, approximated: [] };
  return {
    config,
    prompts,
    evaluated: heldOut && Object.keys(evaluation.args).length > 0 ? heldOut : undefined,
    args: { ...differences.args, ...translated.args, ...evaluation.args },
    notes: [...differences.approximated, ...translated.approximated, ...evaluation.approximated],
    set: await openedRewards(loaded, where),
    tokenizer: opened.tokenizer,
    findings: [...rows.findings, ...promptFindings(prompts, heldOut, opened.tokenizer, loaded)],
  };
}

/** The reward functions, which are loaded once: so their names are known, and that they load. */
async function openedRewards({ config, locate }: LoadedConfig, { built, python }: Where): Promise<RewardSet> {
  const sources = config.rewards.map(({ file, function: name, weight }, index) => ({
    ...{ file, name, weight },
    at: locate(['rewards', index]),
  }));
  if (sources.length === 0) throw new BadInput('"rewards" is empty; name a reward function.', locate(['rewards']));
  const set = await openRewards(sources, {
    workerPath: join(built, 'reward-worker.js'),
    timeoutSeconds: config.rewardTimeoutSeconds,
    pythonPath: python ?? undefined,
    rewardEnv: config.rewardEnv,
  });
  await set.close();
  return set;
}
