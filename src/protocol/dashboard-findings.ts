// zod/mini, because the webview's bundle carries these guards too.
import * as z from 'zod/mini';
import type { KeyedFinding } from './keyed-findings.ts';

const key = z.string();

/** What the host tells the list of findings in the dashboard's Overview tab. */
export const findingsHostMessages = [
  /** All that the run shows, the worst first; those that were dismissed, too. */
  z.object({ type: z.literal('findings'), findings: z.array(z.custom<KeyedFinding>(isKeyed)) }),
] as const;

/** What that asks of the host. */
export const findingsMessages = [
  /** Whether the list is in sight: what nobody looks at is not looked for. */
  z.object({ type: z.literal('watchFindings'), watch: z.boolean() }),
  /** Do what a finding suggests. The host knows what that is. */
  z.object({ type: z.literal('applyRemedy'), key }),
  /** Show the place in the user's files that a finding is about. */
  z.object({ type: z.literal('openFinding'), key }),
  /** Keep a finding out of the list from now on, or take that back. */
  z.object({ type: z.literal('dismissFinding'), key, dismissed: z.boolean() }),
] as const;

function isKeyed(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'key' in value && 'finding' in value;
}
