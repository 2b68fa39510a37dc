/** The sample workspace's skill for coding assistants, followed to the letter: its files are written, its commands run. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import manifest from '../../package.json';
import { TOOL_NAMES } from '../../src/assistant/names.ts';
import { grpo, temporaryFolder } from './cli/run-grpo.ts';

const ROOT = join(import.meta.dirname, '../..');
const NAME = 'grpo-lab';
const SKILL = `sample-workspace/.agents/skills/${NAME}/SKILL.md`;
const text = readFileSync(join(ROOT, SKILL), 'utf8');

/** The blocks that follow a file's name. */
const files = [...text.matchAll(/^`([^`]+)`:\n\n```\w+\n([\s\S]*?)^```/gm)].map(
  ([, name, body]) => [name!, body!] as const,
);
const commands = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, body]) => body!.trim().split('\n'));

it('is a skill as the standard has it, which VS Code gets from the extension, too', () => {
  const [, head] = /^---\n([\s\S]*?)\n---\n/.exec(text)!;
  const fields = Object.fromEntries(head!.split('\n').map((line) => line.split(/: (.*)/).slice(0, 2)));
  expect(fields).toEqual({ name: NAME, description: expect.any(String) });
  expect(fields.description.length).toBeLessThanOrEqual(1024);
  expect(manifest.contributes.chatSkills).toEqual([{ path: `./${SKILL}` }]);
  expect(readFileSync(join(ROOT, 'sample-workspace/.claude/CLAUDE.md'), 'utf8')).toContain(
    SKILL.slice(SKILL.indexOf('/') + 1),
  );
});

it('names all tools, and none that there is not', () => {
  const named = new Set([...text.matchAll(/`([a-z]+_[a-z]+)`/g)].map(([, name]) => name));
  expect([...named].sort()).toEqual([...TOOL_NAMES].sort());
});

it('has steps that work', async () => {
  const folder = temporaryFolder();
  cpSync(join(ROOT, 'sample-workspace'), folder, { recursive: true, filter: (path) => !/\/\.grpo$/.test(path) });
  expect(files).toHaveLength(3);
  for (const [name, body] of files) writeFileSync(join(folder, name), body, { flag: 'wx' });
  const runs = () => readdirSync(join(folder, '.grpo/runs'));
  const said: string[] = [];
  for (const command of commands) {
    const [program, ...args] = command.replace(/<time>-\S+/, () => runs()[0]!).split(' ');
    expect(program).toBe('grpo');
    const { status, stdout, stderr } = await grpo(args, { cwd: folder });
    expect(status, `${command}: ${stderr}${stdout}`).toBe(0);
    said.push(stdout);
  }
  const saidBy = (command: string) => said[commands.indexOf(command)];
  expect(saidBy('grpo audit rewards/largest-last.reward.ts')).toMatch(/largestLast +\w+ +0 of [1-9]\d* +0 of [1-9]/);
  expect(saidBy('grpo check largest-last.grpo.json')).toContain('No problems found.');
  expect(said.at(-1)).toContain('Group 0 of step 30');
  expect(runs()).toHaveLength(1);
});
