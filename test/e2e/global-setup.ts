import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { serveChromium } from './helpers/chromium.ts';
import { CodeServer } from './helpers/code-server.ts';
import { installPackage } from './helpers/package.ts';
import type { Shared } from './helpers/shared.ts';
import { WORKERS } from './workers.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The extensions folder that the package was installed into. */
    extensions: string;
    /** For each worker, a VS Code server for all files that do not start one of their own, and a browser. */
    shared: Shared[];
  }
}

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-e2e-install-'));
  const extensions = installPackage(folder);
  const started = await Promise.all(
    Array.from({ length: WORKERS }, async () => ({
      server: await CodeServer.start({ extensions }),
      browser: await serveChromium(),
    })),
  );
  provide('extensions', extensions);
  provide(
    'shared',
    started.map(({ server, browser }) => ({
      server: { folder: server.folder, url: server.url },
      browser: browser.wsEndpoint(),
    })),
  );
  return async () => {
    const left = await Promise.all(
      started.map(async ({ server, browser }) => {
        await browser.close();
        return server.stop();
      }),
    );
    rmSync(folder, { recursive: true, force: true });
    if (left.flat().length > 0) throw new Error(`The servers left processes: ${JSON.stringify(left.flat())}`);
  };
}
