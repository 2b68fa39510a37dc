import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { serveChromium } from './helpers/chromium.ts';
import { CodeServer, type RunningServer } from './helpers/code-server.ts';
import { installPackage } from './helpers/package.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The extensions folder that the package was installed into. */
    extensions: string;
    /** The VS Code server of all files that do not start one of their own. */
    server: RunningServer;
    /** Where to connect to the browser of all files. */
    browser: string;
  }
}

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-e2e-install-'));
  const extensions = installPackage(folder);
  const server = await CodeServer.start({ extensions });
  const browser = await serveChromium();
  provide('extensions', extensions);
  provide('server', { folder: server.folder, url: server.url });
  provide('browser', browser.wsEndpoint());
  return async () => {
    await browser.close();
    const left = await server.stop();
    rmSync(folder, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`The server left processes: ${JSON.stringify(left)}`);
  };
}
