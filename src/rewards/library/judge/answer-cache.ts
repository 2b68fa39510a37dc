import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { countCached } from './usage.ts';

/**
 * Answers of judges by what was asked, kept in `.grpo/judge.jsonl` of the workspace: a preview asks for the same verdicts at every key that is typed, and
 * a run that resumes would pay twice.
 */
export class AnswerCache<Answer> {
  readonly #file: string;
  /** Also those that are being asked for: equal completions of a batch are one question. */
  #answers: Map<string, Promise<Answer>> | undefined;

  constructor(folder = process.cwd()) {
    this.#file = join(workspaceOf(folder), '.grpo', 'judge.jsonl');
  }

  get(asked: unknown, ask: () => Promise<Answer>): Promise<Answer> {
    const key = createHash('sha256').update(JSON.stringify(asked)).digest('base64url');
    this.#answers ??= new Map([...this.#read()].map(([known, answer]) => [known, Promise.resolve(answer)]));
    const answers = this.#answers;
    const known = answers.get(key);
    if (known) {
      countCached();
      return known;
    }
    const answer = ask().then((given) => {
      this.#keep(key, given);
      return given;
    });
    // It is asked again next time.
    answer.catch(() => answers.delete(key));
    answers.set(key, answer);
    return answer;
  }

  #keep(key: string, answer: Answer): void {
    try {
      mkdirSync(dirname(this.#file), { recursive: true });
      appendFileSync(this.#file, `${JSON.stringify({ key, answer })}\n`);
    } catch {
      // On a full disk it is only known in this process.
    }
  }

  #read(): Map<string, Answer> {
    if (!existsSync(this.#file)) return new Map();
    const lines = readFileSync(this.#file, 'utf8').split('\n');
    return new Map(
      lines.flatMap((line) => {
        try {
          const { key, answer } = JSON.parse(line);
          return [[key, answer]];
        } catch {
          return []; // the last line of a process that was killed
        }
      }),
    );
  }
}

/** The nearest folder from here up that has runs already, else one with a run config or what workspaces have, else this one. */
function workspaceOf(folder: string): string {
  const above = foldersAbove(folder);
  return above.find((at) => existsSync(join(at, '.grpo'))) ?? above.find(isWorkspace) ?? folder;
}

function foldersAbove(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...foldersAbove(above)];
}

function isWorkspace(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => ['.git', '.vscode'].includes(name) || name.endsWith('.grpo.json'));
  } catch {
    return false; // not ours to read
  }
}
