import { BadInput } from '../protocol/errors.ts';
import { PRESET_NAMES, PRESETS, type Preset, type PresetName, valueText } from '../protocol/presets.ts';
import type { CommandOf } from './commands.ts';
import { print, printJson } from './output.ts';
import { table } from './table.ts';

export function presetsCommand({ name, json }: CommandOf<'presets'>): number {
  const names = name === undefined ? PRESET_NAMES : [known(name)];
  if (json) printJson(Object.fromEntries(names.map((shown) => [shown, PRESETS[shown]])));
  else print(names.map(describe).join('\n\n'));
  return 0;
}

function known(name: string): PresetName {
  const found = PRESET_NAMES.find((preset) => preset === name);
  if (!found) throw new BadInput(`There is no preset "${name}"; there are ${PRESET_NAMES.join(', ')}.`);
  return found;
}

function describe(name: PresetName): string {
  const { title, url, defaults, scale, beyond }: Preset = PRESETS[name];
  const rows = [
    ...Object.entries(defaults).map(([field, { value, source }]) => [field, valueText(value), source]),
    ...Object.entries(scale).map(([field, { value, source }]) => [`(${field})`, valueText(value), source]),
  ];
  const others = beyond.map((what) => `  also: ${what}`);
  return [`${name}: ${title}, ${url}`, ...table(rows), ...others].join('\n');
}
