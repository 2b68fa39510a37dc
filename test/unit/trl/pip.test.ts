import { expect, test } from 'vitest';
import { statusOf } from '../../../src/trl/set-up/pip.ts';

test("pip's lines in few words, each once", () => {
  const said: string[] = [];
  const line = statusOf((text) => said.push(text));
  // As pip 26.3 prints them with `--progress-bar raw`.
  for (const text of [
    'Looking in links: /opt/wheels',
    'Collecting numpy==2.4.5',
    '  Downloading numpy-2.4.5-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl (16.9 MB)',
    'Progress 0 of 16918685',
    'Progress 262144 of 16918685',
    'Progress 270000 of 16918685',
    'Progress 16918685 of 16918685',
    'Installing collected packages: six, numpy',
    'Successfully installed numpy-2.4.5 six-1.17.0',
  ])
    line(text);
  expect(said).toEqual([
    'Looking for numpy==2.4.5',
    'Downloading numpy, 0 % of 16.9 MB',
    'Downloading numpy, 1 % of 16.9 MB',
    'Downloading numpy, 100 % of 16.9 MB',
    'Unpacking',
  ]);
});
