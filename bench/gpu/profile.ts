import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { row } from '../words.ts';

/** An entry of ONNX Runtime's profile; times in microseconds. */
interface Event {
  /** `Api`: what the GPU did. `Node`: what the CPU did to have it done. `Session`: the run as a whole. */
  cat: 'Api' | 'Node' | 'Session';
  name: string;
  ts: number;
  dur: number;
  args: { shapes?: string; op_name?: string; provider?: string };
}

interface Total {
  count: number;
  microseconds: number;
}

/** For each program that has a profile in `folder`: dispatches a run, the GPU's and the CPU's time a run, and which operations take them. */
export function profileReport(folder: string): string {
  return readdirSync(folder)
    .sort()
    .map((file) => programReport(file.replace(/_\d.*/, ''), JSON.parse(readFileSync(join(folder, file), 'utf8'))))
    .join('\n\n');
}

function programReport(program: string, events: Event[]): string {
  const runs = events.filter(({ name }) => name === 'model_run');
  // The first compiles shaders. Operations are listed run by run; the GPU's clock is not the CPU's.
  const measured = runs.length > 1 ? runs.slice(1) : runs;
  const ofMeasured = (cat: Event['cat']) => {
    const all = events.filter((event) => event.cat === cat);
    return all.slice(Math.round((all.length * (runs.length - measured.length)) / runs.length));
  };
  const onGpu = ofMeasured('Api');
  const onCpu = ofMeasured('Node');
  const perRun = (microseconds: number) => (microseconds / 1000 / measured.length).toFixed(3);
  const gpu = sum(onGpu);
  const first = `${program}: ${measured.length} runs of ${perRun(sum(measured))} ms, each with ${(onGpu.length / measured.length).toFixed(0)} dispatches of ${perRun(gpu)} ms in all on the GPU and ${(onCpu.length / measured.length).toFixed(0)} operations of ${perRun(sum(onCpu))} ms in all on the CPU`;
  const foreign = onCpu.filter(({ args }) => args.provider === 'CPUExecutionProvider');
  const kernel = ({ name }: Event) => name.split('&').slice(1).join(' ');
  return [
    first,
    `left to the CPU: ${[...totals(foreign, ({ args }) => args.op_name ?? '')].map(([name, { count }]) => `${name} ${(count / measured.length).toFixed(1)}`).join(', ') || 'nothing'}`,
    '',
    row('kernel', 'a run', 'ms a run', 'share'),
    row('---', '---', '---', '---'),
    ...largest(totals(onGpu, kernel), 16).map(([name, { count, microseconds }]) =>
      row(
        name,
        (count / measured.length).toFixed(0),
        perRun(microseconds),
        `${((microseconds / gpu) * 100).toFixed(1)} %`,
      ),
    ),
    '',
    row('kernel with its shapes', 'a run', 'µs each', 'share'),
    row('---', '---', '---', '---'),
    ...largest(
      totals(onGpu, (event) => `${kernel(event)} ${event.args.shapes ?? ''}`),
      14,
    ).map(([name, { count, microseconds }]) =>
      row(
        name.replace(/(in|out)puts\[\d\] = /g, ''),
        (count / measured.length).toFixed(1),
        (microseconds / count).toFixed(1),
        `${((microseconds / gpu) * 100).toFixed(1)} %`,
      ),
    ),
  ].join('\n');
}

const sum = (events: Event[]): number => events.reduce((total, { dur }) => total + dur, 0);

function totals(events: Event[], keyOf: (event: Event) => string): Map<string, Total> {
  const found = new Map<string, Total>();
  for (const event of events) {
    const total = found.get(keyOf(event)) ?? { count: 0, microseconds: 0 };
    found.set(keyOf(event), { count: total.count + 1, microseconds: total.microseconds + event.dur });
  }
  return found;
}

const largest = (found: Map<string, Total>, count: number): [string, Total][] =>
  [...found].sort(([, a], [, b]) => b.microseconds - a.microseconds).slice(0, count);
