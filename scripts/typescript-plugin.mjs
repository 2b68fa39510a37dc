// The package of src/typescript-plugin. TypeScript's server looks for plugins in the node_modules of the extension only, so it is built there.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const PLUGIN = 'grpo-typescript-plugin';
export const PLUGIN_FOLDER = `node_modules/${PLUGIN}`;

export const pluginPackage = {
  name: 'plugin-package',
  setup(build) {
    build.onEnd(async ({ errors }) => {
      if (errors.length > 0) return;
      const { version, license } = JSON.parse(await readFile('package.json', 'utf8'));
      const manifest = { name: PLUGIN, version, license, main: 'index.js' };
      await writeFile(join(PLUGIN_FOLDER, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    });
  },
};
