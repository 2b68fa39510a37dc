import { afterAll, beforeAll, expect, inject, onTestFailed, test } from 'vitest';
import { Dashboard } from './dashboard.ts';
import { Editor } from './editor.ts';
import { Server, type ServerOptions } from './server.ts';

/** One user's time in the editor, which the tests of a file share: each goes on where the one before it ended. */
export class Session {
  server!: Server;
  editor!: Editor;
  dashboard!: Dashboard;

  /** `prepare` does what was done before the editor opened. */
  constructor(options: Omit<ServerOptions, 'extensions'> = {}, prepare: (workspace: string) => void = () => {}) {
    beforeAll(async () => {
      this.server = await Server.start({ extensions: inject('extensions'), ...options });
      prepare(this.server.workspace);
      this.editor = await Editor.open(this.server);
      this.dashboard = new Dashboard(this.editor);
    });
    afterAll(async () => {
      await this.editor?.close();
      expect(await this.server?.stop(), 'processes left').toEqual([]);
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
