import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserServer, chromium } from 'playwright-core';
import { chromiumFolder } from '../install.ts';

/** A headless Chromium that needs nothing but what npm brings: its own libraries, and a font for machines that have none. */
const options = () => ({
  executablePath: join(chromiumFolder, 'chromium'),
  env: {
    ...(process.env as Record<string, string>),
    LD_LIBRARY_PATH: join(chromiumFolder, 'al2023/lib'),
    ...(!existsSync('/etc/fonts') && { FONTCONFIG_PATH: join(chromiumFolder, 'fonts') }),
  },
  args: ['--no-sandbox', '--enable-precise-memory-info'],
});

export const launchChromium = (): Promise<Browser> => chromium.launch(options());

/** One that several processes use, each with contexts of its own. */
export const serveChromium = (): Promise<BrowserServer> => chromium.launchServer({ ...options(), host: '127.0.0.1' });

/** Closing the browser that this gives closes its pages, and nothing else. */
export const connectChromium = (endpoint: string): Promise<Browser> => chromium.connect(endpoint);
