import type { Activity } from '../../src/protocol/dashboard.ts';
import { phaseText } from '../../src/protocol/phase-text.ts';
import { formatDuration } from '../../src/text/duration.ts';

/** Phases of shorter steps would flicker. */
const READABLE_SECONDS = 1;

/** `Loading model 43 % · 3 s elapsed`, since the start; `since` are the seconds since it was said. While it trains, the duration says it. */
export function activityText({ phase, share, seconds, stepSeconds }: Activity, since: number): string {
  const flickers = stepSeconds !== null && stepSeconds < READABLE_SECONDS && phase !== 'evaluate' && phase !== 'save';
  if (flickers) return 'Training';
  const doing = phaseText(phase, share);
  return `${doing.charAt(0).toUpperCase()}${doing.slice(1)} · ${formatDuration(Math.floor(seconds + since))} elapsed`;
}

/** How much is done of what comes before the first step; undefined where that is not known. */
export const phaseShare = ({ phase, share }: Activity): number | undefined =>
  (phase === 'load' && share !== 1) || phase === 'evaluate' ? (share ?? undefined) : undefined;
