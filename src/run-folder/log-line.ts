import type { TrainerEvent } from '../protocol/events.ts';
import { rewardText } from '../protocol/held-out.ts';
import { stageText } from '../protocol/stage-spans.ts';

/** The line of `log.txt` for an event; undefined where the metrics say it better. */
export function logLine(event: TrainerEvent): string | undefined {
  switch (event.type) {
    case 'start':
      return `${event.resumedFrom === 0 ? 'started' : `resumed after step ${event.resumedFrom}`} on ${event.device}`;
    case 'stage':
      return `stage ${event.number} of ${event.of}: ${stageText(event)}`;
    case 'state':
      return event.reason === undefined ? event.state : `${event.state}: ${event.reason}`;
    case 'checkpoint':
      return `checkpoint of step ${event.step} written`;
    case 'log':
      return `${event.level}: ${event.message}`;
    case 'eval':
      return event.step === 0 ? `held-out reward before the first step: ${rewardText(event.reward)}` : undefined;
    case 'end': {
      const why = event.error ?? event.findings?.[0]?.evidence;
      return `${event.outcome} after step ${event.step}${why === undefined ? '' : `: ${why}`}`;
    }
    case 'phase':
    case 'step':
    case 'scored':
    case 'differences':
      return undefined;
    default:
      return event satisfies never;
  }
}
