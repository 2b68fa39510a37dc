import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { editorName, type ToolName } from '../../../src/assistant/names.ts';
import { until } from './processes.ts';

/** The extension that calls tools as a chat would; it is installed beside ours. */
export const ASSISTANT = join(import.meta.dirname, '../assistant');

export interface ToolInformation {
  name: string;
  description: string;
  inputSchema: object;
  tags: string[];
}

export interface ToolAnswer {
  text?: string;
  error?: string;
}

/** Another extension in the window, which asks `vscode.lm` for tools and calls them. */
export class Assistant {
  readonly #workspace: string;
  #calls = 0;

  constructor(workspace: string) {
    this.#workspace = workspace;
  }

  tools(): Promise<ToolInformation[]> {
    return this.#ask({});
  }

  /** Where VS Code asks the user first, settled after that. */
  call(name: ToolName, input: object): Promise<ToolAnswer> {
    return this.#ask({ name: editorName(name), input });
  }

  /** Cancels the newest call. */
  cancel(): void {
    writeFileSync(join(this.#workspace, `${this.#calls - 1}.cancel.json`), '');
  }

  async #ask<T>(call: object): Promise<T> {
    const at = (name: string) => join(this.#workspace, name);
    await until('the assistant to listen', () => existsSync(at('assistant.ready')));
    const number = this.#calls++;
    writeFileSync(at(`${number}.call.part`), JSON.stringify(call));
    renameSync(at(`${number}.call.part`), at(`${number}.call.json`));
    const answer = at(`${number}.answer.json`);
    await until(`an answer to ${JSON.stringify(call)}`, () => existsSync(answer), 90_000);
    return JSON.parse(readFileSync(answer, 'utf8'));
  }
}
