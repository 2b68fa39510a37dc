import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { chromiumFolder } from '../install.ts';

/** A headless Chromium that needs nothing but what npm brings: its own libraries, and a font for machines that have none. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: join(chromiumFolder, 'chromium'),
    env: {
      ...(process.env as Record<string, string>),
      LD_LIBRARY_PATH: join(chromiumFolder, 'al2023/lib'),
      ...(!existsSync('/etc/fonts') && { FONTCONFIG_PATH: join(chromiumFolder, 'fonts') }),
    },
    args: ['--no-sandbox', '--enable-precise-memory-info'],
  });
}
