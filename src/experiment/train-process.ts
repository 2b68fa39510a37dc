import { Child } from '../processes/child.ts';
import { trainerEnvironment } from '../processes/freed-memory.ts';
import { killTreeAfter } from '../processes/kill-tree.ts';
import { reasonIn } from '../processes/reason-in.ts';
import { type HostCommand, type TrainerEvent, trainerEvent } from '../protocol/events.ts';
import type { PlannedRun } from './plan.ts';

export type TrainOutcome = { outcome: 'done' | 'stopped' } | { outcome: 'failed'; reason: string };

/** To finish a long step and write its checkpoint, when nobody waits for it any more. */
const AFTERWARDS_SECONDS = 60;

/** One `grpo train` of an experiment. It stops with a checkpoint when we are gone. */
export class TrainProcess {
  readonly ended: Promise<TrainOutcome>;
  readonly #child: Child;
  #end: Extract<TrainerEvent, { type: 'end' }> | undefined;

  /** `script` is `dist/grpo.js`, `config` the base config. */
  constructor(script: string, config: string, planned: PlannedRun, onEvent: (event: TrainerEvent) => void) {
    const { wanted, folder, resume } = planned;
    const set = [...wanted.setting.set, `seed=${wanted.seed}`].flatMap((override) => ['--set', override]);
    const args = ['train', config, ...set, '--out', folder, ...(resume ? ['--resume'] : []), '--json'];
    const onLine = (line: string) => {
      const event = eventOf(line);
      if (event?.type === 'end') this.#end = event;
      if (event) onEvent(event);
    };
    // In a group of its own: Ctrl-C is for us, who tell it.
    this.#child = new Child({ script, args, env: trainerEnvironment(process.env) }, { onLine });
    this.ended = this.#outcome();
  }

  /** Finishes its step and writes a checkpoint. `abandoned`: and is killed when that takes too long. */
  stop(abandoned: boolean): void {
    this.#child.send({ type: 'stop' } satisfies HostCommand);
    const { pid } = this.#child.process;
    if (abandoned && pid !== undefined) killTreeAfter(pid, AFTERWARDS_SECONDS);
  }

  kill(): void {
    this.#child.kill();
  }

  async #outcome(): Promise<TrainOutcome> {
    const { code, signal, error } = await this.#child.ended;
    const end = this.#end;
    if (end && end.outcome !== 'failed') return { outcome: end.outcome };
    const lastWords = reasonIn(this.#child.lastWords);
    const reason =
      end?.error ?? error?.message ?? (lastWords || `The trainer ended with ${signal ?? `status ${code}`}.`);
    return { outcome: 'failed', reason };
  }
}

/** Undefined for what is no event, which a newer command may print. */
function eventOf(line: string): TrainerEvent | undefined {
  try {
    return trainerEvent.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
