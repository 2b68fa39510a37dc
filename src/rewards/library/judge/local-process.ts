import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Child } from '../../../processes/child.ts';
import { reasonIn } from '../../../processes/reason-in.ts';
import type { JudgeReply, JudgeRequest, OpenJudge } from '../../../protocol/local-judge.ts';

export type Judged = Omit<Extract<JudgeReply, { type: 'judged' }>, 'type' | 'id'>;

interface Waiting {
  resolve(judged: Judged): void;
  reject(error: Error): void;
}

/** The process that the model of a local judge computes in; when it has ended, the next question starts another one. */
export class LocalProcess {
  readonly #model: Omit<OpenJudge, 'type'>;
  #running: Promise<RunningJudge> | undefined;

  constructor(model: string, device: OpenJudge['device']) {
    this.#model = { model, device };
  }

  /** Settled when the model is loaded; rejects with why it is not. */
  async open(): Promise<RunningJudge> {
    this.#running ??= RunningJudge.start(this.#model, () => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async ask(question: string, answers: string[]): Promise<Judged> {
    return (await this.open()).ask(question, answers);
  }
}

class RunningJudge {
  readonly #child: Child;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;

  static start(model: Omit<OpenJudge, 'type'>, onEnd: () => void): Promise<RunningJudge> {
    // Beside this bundle.
    const script = fileURLToPath(new URL('./local-judge.js', import.meta.url));
    if (!existsSync(script))
      throw new Error(
        'A local judge needs the engine of GRPO Lab, which is not in this folder; ask a server with judge.',
      );
    return new Promise((resolve, reject) => {
      const judge: RunningJudge = new RunningJudge(script, {
        onOpened: () => resolve(judge),
        onEnd: (error) => {
          reject(error);
          onEnd();
        },
      });
      judge.#send({ type: 'open', ...model });
    });
  }

  private constructor(script: string, { onOpened, onEnd }: { onOpened: () => void; onEnd: (error: Error) => void }) {
    const child = new Child({ script, args: [] });
    this.#child = child;
    const end = (error: Error) => {
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
      onEnd(error);
    };
    child.process.on('message', (reply: JudgeReply) => {
      if (reply.type === 'opened') onOpened();
      else if (reply.type === 'judged')
        this.#taken(reply.id)?.resolve({ logProbs: reply.logProbs, tokens: reply.tokens });
      else if (reply.id !== null) this.#taken(reply.id)?.reject(new Error(reply.message));
      else {
        end(new Error(reply.message));
        child.kill();
      }
    });
    void child.gone.then(({ code, signal, error }) => {
      const how = error?.message ?? (reasonIn(child.lastWords) || signal || `exit code ${code}`);
      end(new Error(`The process of the local judge ended (${how}).`));
    });
  }

  ask(question: string, answers: string[]): Promise<Judged> {
    const id = ++this.#asked;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send({ type: 'ask', id, question, answers });
    });
  }

  #send(request: JudgeRequest): void {
    this.#child.send(request);
  }

  /** Who waits for this answer, and then does not any more. */
  #taken(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}
