import { afterAll, beforeAll, expect, inject, onTestFailed, test } from 'vitest';
import { connectChromium } from './chromium.ts';
import { CodeServer } from './code-server.ts';
import { Dashboard } from './dashboard.ts';
import { Editor } from './editor.ts';
import { Server } from './server.ts';
import { shared } from './shared.ts';

interface SessionOptions {
  settings?: Record<string, unknown>;
  /** Workspace Trust as a user has it: this takes a server of its own, as the others trust every folder. */
  trust?: boolean;
  /** The folder of an extension of the tests, installed beside ours: this takes a server of its own, too. */
  beside?: string;
}

/**
 * One user's time in the editor, which the tests of a file share: each goes on where the one before it ended. The files of a
 * worker share a VS Code server and a browser, and of all that they write nothing.
 */
export class Session {
  server!: Server;
  editor!: Editor;
  dashboard!: Dashboard;

  /** `prepare` does what was done before the editor opened. */
  constructor(
    { settings, trust = false, beside }: SessionOptions = {},
    prepare: (workspace: string) => void = () => {},
  ) {
    let own: CodeServer | undefined;
    beforeAll(async () => {
      if (trust || beside !== undefined)
        own = await CodeServer.start({ extensions: inject('extensions'), trust, beside });
      this.server = new Server(own ?? shared().server, settings);
      prepare(this.server.workspace);
      this.editor = await Editor.open(this.server.url, await connectChromium(shared().browser));
      this.dashboard = new Dashboard(this.editor);
    });
    afterAll(async () => {
      await this.editor?.close();
      expect(await this.server?.leave(), 'processes left').toEqual([]);
      expect(own ? await own.stop() : [], 'processes of the server left').toEqual([]);
    });
  }

  /** A test that leaves a screenshot and the server's log when it fails. */
  test(name: string, body: (session: Session) => Promise<void>): void {
    test(name, async () => {
      onTestFailed(async () => {
        console.log(this.server.log);
        await this.editor.screenshot(`failed ${name}`.replaceAll(/\W+/g, '-'));
      });
      await body(this);
    });
  }
}
