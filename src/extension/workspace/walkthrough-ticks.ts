import { commands } from 'vscode';

/** Context keys that tick the walkthrough's steps: each says that something was done, not that it was asked for. */
export const TICKS = [
  'grpo.sampleOpen',
  'grpo.trusted',
  'grpo.previewed',
  'grpo.trained',
  'grpo.groupOpened',
  'grpo.compared',
] as const;
export type Tick = (typeof TICKS)[number];

const earned = new Set<Tick>();
let seen = false;

/** Ticks a step of the walkthrough. */
export function earn(tick: Tick): void {
  if (earned.has(tick)) return;
  earned.add(tick);
  if (seen) show(tick);
}

/**
 * The walkthrough can be in sight. Nothing is ticked before: VS Code never ticks a step whose context already held when it loaded the
 * walkthroughs (`registerDoneListeners` in its gettingStartedService.ts).
 */
export function showTicks(): void {
  seen = true;
  for (const tick of earned) show(tick);
}

const show = (tick: Tick) => void commands.executeCommand('setContext', tick, true);
