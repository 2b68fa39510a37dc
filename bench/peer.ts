/** A GRPO step of ours against one of TRL and PyTorch: the same work on the same machine, in turns. Or of ours alone. */
import { setTimeout as sleep } from 'node:timers/promises';
import { versions as ourVersions } from '../src/trainer/versions.ts';
import { describeAlone } from './alone-report.ts';
import { machine } from './machine.ts';
import { type PeerOptions, readPeerOptions, type Work } from './peer-options.ts';
import { findPeerPython } from './peer-python.ts';
import { compare, describe, type Pair } from './peer-report.ts';
import type { MeasuredStep, Side } from './phases.ts';
import { startSides } from './start-sides.ts';
import type { StepServer } from './step-server.ts';

/** Between turns. Worker threads spin for a while before they sleep: 0.2 s with the OpenMP of some builds of PyTorch. */
const PAUSE_MS = 300;

/** Prints the comparison. Throws BadInput when the arguments or the Python environment will not do. */
export async function benchPeer(args: string[]): Promise<void> {
  const options = readPeerOptions('peer', args);
  const setting = { command: ['npm run bench -- peer', ...args].join(' '), work: workOf(options), machine: machine() };
  const print = <T>(result: T, describe: (result: T) => string) =>
    console.log(options.json ? JSON.stringify(result) : describe(result));
  if (options.alone) {
    const { side, steps } = await measureAlone(options);
    return print({ ...setting, versions: ourVersions(), side, steps }, describeAlone);
  }
  const python = findPeerPython();
  const { side, pairs } = await measureBoth(options, python.command);
  const versions = { ours: ourVersions(), trl: python.versions };
  print({ ...setting, versions, side, ...compare(pairs) }, describe);
}

/** Steps of ours without the other side. */
export async function measureAlone(options: PeerOptions): Promise<{ side: Side; steps: MeasuredStep[] }> {
  const { ours, close } = await startSides(options, undefined);
  try {
    const steps: MeasuredStep[] = [];
    for (let step = -options.warmUp; step < options.steps; step++) steps.push(await ours.step());
    return { side: ours.side, steps: steps.slice(options.warmUp) };
  } finally {
    close();
  }
}

async function measureBoth(options: PeerOptions, python: string): Promise<{ side: Side; pairs: Pair[] }> {
  const { ours, trl, close } = await startSides(options, python);
  try {
    const side = sameSide(ours.side, trl!.side);
    const pairs: Pair[] = [];
    for (let step = -options.warmUp; step < options.steps; step++)
      pairs.push({ ours: await turn(ours), trl: await turn(trl!) });
    return { side, pairs: pairs.slice(options.warmUp) };
  } finally {
    close();
  }
}

async function turn(side: StepServer): Promise<MeasuredStep> {
  await sleep(PAUSE_MS);
  return side.step();
}

/** Sides that do not train the same cannot be compared. */
function sameSide(ours: Side, trl: Side): Side {
  if (ours.trainable_parameters !== trl.trainable_parameters)
    throw new Error(`We train ${ours.trainable_parameters} parameters, but TRL ${trl.trainable_parameters}.`);
  return ours;
}

/** What the options say of a step, without how it is measured. */
const workOf = ({ steps, warmUp, alone, json, ...work }: PeerOptions): Work => work;
