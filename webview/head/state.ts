import type { Activity, DashboardMessage, HostMessage, RunHead } from '../../src/protocol/dashboard.ts';

export interface HeadButton {
  label: string;
  secondary?: boolean;
  /** It is elsewhere too, and goes where there is no room. */
  minor?: boolean;
  act: DashboardMessage;
}

/** A run's state in words, why it is in it, and what can be done. */
export interface HeadState {
  label: string;
  /** Which color it has. */
  kind: RunHead['state'] | 'starting' | 'warning';
  reason: string;
  buttons: HeadButton[];
}

const STOP: HeadButton = { label: 'Stop', act: { type: 'control', command: 'stop' } };

/** Of a run that has no folder yet, or never will have one. */
export function startingState({ problem }: Extract<HostMessage, { type: 'starting' }>): HeadState {
  if (problem === null) return { label: 'starting', kind: 'starting', reason: '', buttons: [STOP] };
  const log: HeadButton = { label: 'Show Log', secondary: true, act: { type: 'command', command: 'showLog' } };
  const again: HeadButton = { label: 'Start Again', act: { type: 'command', command: 'startTraining' } };
  return { label: 'could not start', kind: 'failed', reason: problem, buttons: [again, log] };
}

/** One that says it runs while no trainer is alive was killed. */
export function runState(head: RunHead, activity: Activity | null): HeadState {
  const { state, trainer, reason, findings } = head;
  // A run that is being resumed: its trainer has not opened it yet.
  if (activity && trainer === 'none') return { label: 'starting', kind: 'starting', reason: '', buttons: [STOP] };
  const buttons = buttonsFor(head);
  const working = state === 'running' || state === 'paused' || state === 'stopping';
  if (working && trainer === 'none' && head.imported)
    return {
      label: 'not followed',
      kind: 'stopped',
      reason: `Open ${head.imported.folder} again to read on.`,
      buttons,
    };
  if (working && trainer === 'none') {
    const interrupted = 'The trainer ended unexpectedly. Resume continues from the newest checkpoint.';
    return { label: 'interrupted', kind: 'failed', reason: interrupted, buttons };
  }
  const [nothingLearned] = findings ?? [];
  if (state === 'done' && nothingLearned)
    return { label: 'done, nothing learned', kind: 'warning', reason: nothingLearned.evidence, buttons };
  return { label: state, kind: state, reason: reason ?? '', buttons };
}

/** No trainer is at work on it, and none is starting. */
export const hasEnded = ({ state, trainer }: RunHead, activity: Activity | null): boolean =>
  trainer === 'none' ? activity === null : state === 'done' || state === 'stopped' || state === 'failed';

function buttonsFor({ state, trainer, imported }: RunHead): HeadButton[] {
  if (imported) return [];
  if (trainer === 'ours') {
    if (state === 'running')
      return [{ label: 'Pause', secondary: true, act: { type: 'control', command: 'pause' } }, STOP];
    if (state === 'paused')
      return [
        { label: 'Resume', act: { type: 'control', command: 'resume' } },
        { ...STOP, secondary: true },
      ];
    return [];
  }
  const folder: HeadButton = {
    label: 'Open Checkpoint Folder',
    ...{ secondary: true, minor: true },
    act: { type: 'command', command: 'openCheckpointFolder' },
  };
  if (trainer === 'other') return [folder];
  const more: DashboardMessage = { type: 'command', command: 'resumeFromCheckpoint' };
  if (state === 'done') return [{ label: 'Train More Steps', secondary: true, act: more }, folder];
  return [{ label: 'Resume', act: more }, folder];
}
