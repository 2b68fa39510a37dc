import type { AdvantageOptions } from '../grpo/advantages.ts';
import type { LossOptions } from '../grpo/loss.ts';

/** Where the papers have what a run's own settings do; undefined where no paper has it. */
const DEEPSEEKMATH = 'DeepSeekMath, arXiv:2402.03300';
const PPO = 'PPO, arXiv:1707.06347';
const DAPO = 'DAPO, arXiv:2503.14476';
const DR_GRPO = 'Dr. GRPO, arXiv:2503.20783';
const RLOO = 'RLOO, arXiv:2402.14740';
const REINFORCE = 'REINFORCE with reinforcement comparison, Williams 1992';
const LUSPO = 'LUSPO, arXiv:2602.05261';
const VESPO = 'VESPO, arXiv:2602.10693';
const GSPO = 'GSPO, arXiv:2507.18071';
const CISPO = 'CISPO, arXiv:2506.13585';
const SAPO = 'SAPO, arXiv:2511.20347';

export const SAMPLING = `${DEEPSEEKMATH}, algorithm 1`;
export const SCORING = `${DEEPSEEKMATH}, section 4.1.2`;

export const BASELINE_SOURCES: Record<AdvantageOptions['baseline'], string | undefined> = {
  group: `${DEEPSEEKMATH}, section 4.1.1`,
  none: undefined,
  'leave-one-out': RLOO,
  history: REINFORCE,
};

export function advantageSource({ baseline, multiObjectiveAggregation, scaleRewards }: AdvantageOptions) {
  if (baseline !== 'group') return BASELINE_SOURCES[baseline];
  if (multiObjectiveAggregation === 'normalize_then_sum') return 'GDPO, arXiv:2601.05242';
  switch (scaleRewards) {
    case 'group':
      return `${DEEPSEEKMATH}, section 4.1.2`;
    case 'batch':
      return 'Lite PPO, arXiv:2508.08221';
    case 'adaptive':
      return undefined;
    case 'none':
      return DR_GRPO;
    default:
      return scaleRewards satisfies never;
  }
}

/** Of ratios and of what limits them. */
export function ratioSource({
  lossType,
  importanceSamplingLevel,
  epsilon,
  epsilonHigh,
}: Pick<LossOptions, 'lossType' | 'importanceSamplingLevel' | 'epsilon' | 'epsilonHigh'>): string | undefined {
  const limits = limitsSource(lossType, epsilon === epsilonHigh ? '' : `; ${DAPO}, section 3.1`);
  return importanceSamplingLevel === 'sequence' && limits !== undefined ? `${GSPO}, equation 7; ${limits}` : limits;
}

function limitsSource(lossType: LossOptions['lossType'], higher: string): string | undefined {
  switch (lossType) {
    case 'grpo':
    case 'bnpo':
    case 'dapo':
    case 'dr_grpo':
      return `${DEEPSEEKMATH}, equation 3; ${PPO}, equation 7${higher}`;
    case 'cispo':
      return `${CISPO}, equations 4 and 5`;
    case 'luspo':
      return LUSPO;
    case 'vespo':
      return VESPO;
    case 'sapo':
      return SAPO;
    case 'ratio':
      return `${PPO}, equation 6`;
    case 'reinforce':
      return undefined;
    default:
      return lossType satisfies never;
  }
}

export const klSource = (isCorrected: boolean): string =>
  `${DEEPSEEKMATH}, equation 4${isCorrected ? '; DeepSeek-V3.2, arXiv:2512.02556, section 3.1' : ''}`;

/** Of how the loss averages tokens. */
export const weightSource = (lossType: LossOptions['lossType']): string | undefined =>
  ({
    dapo: `${DAPO}, section 3.3`,
    bnpo: undefined,
    dr_grpo: `${DR_GRPO}, section 3.2`,
    cispo: `${CISPO}, equation 4`,
    luspo: LUSPO,
    vespo: VESPO,
    sapo: SAPO,
    grpo: `${DEEPSEEKMATH}, equation 3`,
    reinforce: undefined,
    ratio: undefined,
  })[lossType];
