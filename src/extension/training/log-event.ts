import { differenceText } from '../../protocol/difference-text.ts';
import type { TrainerEvent } from '../../protocol/events.ts';
import { stageText } from '../../protocol/stage-spans.ts';

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** Where it is written: VS Code's output channel, as far as it is needed here. */
export type TrainingLog = Record<Level, (text: string) => void>;

/** A trainer's event in the log; what every step emits only at the levels for those who look for it. */
export function logEvent(log: TrainingLog, name: string, event: TrainerEvent): void {
  const [level, text] = describe(event);
  log[level](`${name}: ${text}`);
}

function describe(event: TrainerEvent): [Level, string] {
  switch (event.type) {
    case 'start': {
      const from = event.resumedFrom > 0 ? ` from step ${event.resumedFrom}` : '';
      return ['info', `training${from} on ${event.device}, run folder ${event.run}`];
    }
    case 'stage':
      return ['info', `stage ${event.number} of ${event.of}: ${stageText(event)}`];
    case 'phase':
      return ['trace', `step ${event.step}: ${event.phase}`];
    case 'scored':
      return ['debug', `step ${event.step}: ${event.completions} completions scored, reward ${event.reward}`];
    case 'step':
      return ['debug', `step ${event.step}: ${JSON.stringify(event.metrics)}`];
    case 'eval':
      return ['info', `evaluation after step ${event.step}: reward ${event.reward}`];
    case 'checkpoint':
      return ['info', `checkpoint ${event.path}`];
    case 'differences':
      return ['info', `not as recorded: ${event.differences.map(differenceText).join('; ')}`];
    case 'state':
      return ['info', `${event.state}${event.reason === undefined ? '' : `: ${event.reason}`}`];
    case 'log':
      return [event.level === 'warning' ? 'warn' : event.level, event.message];
    case 'end':
      return event.error === undefined ? ['info', `${event.outcome} after step ${event.step}`] : ['error', event.error];
    default:
      return event satisfies never;
  }
}
