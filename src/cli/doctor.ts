import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { findPython, type PythonInterpreter } from '../rewards/python.ts';
import { formatGigabytes } from '../text/bytes.ts';
import { type EnvironmentReport, packagesInWords, reportEnvironment } from '../trl/environment-report.ts';
import type { CommandOf } from './commands.ts';
import { cudaDevice } from './cuda-device.ts';
import type { Device } from './devices.ts';
import { print, printJson } from './output.ts';
import { diagnoseRun } from './run-doctor.ts';
import { table } from './table.ts';
import { VERSION } from './version.ts';

interface Diagnosis {
  version: string;
  node: string;
  platform: string;
  cpu: { model: string; cores: number };
  memory: { total_bytes: number; free_bytes: number };
  devices: Device[];
  /** Versions by package; empty when the engine does not load. */
  engines: Record<string, string>;
  /** For Python rewards; null: none found. */
  python: PythonInterpreter | null;
  /** `detail`: which packages there are and which not, in words. */
  trl: EnvironmentReport & { detail: string };
  /** How to get what is missing, a sentence each. */
  advice: string[];
}

/** `grpo doctor`: what works on this machine. Exit status 1 when it cannot train. Of a run folder, what is wrong with the run. */
export async function doctorCommand({ run, json }: CommandOf<'doctor'>): Promise<number> {
  if (run !== undefined) return diagnoseRun(run, json);
  const diagnosis = await diagnose();
  if (json) printJson(diagnosis);
  else print(describe(diagnosis));
  return diagnosis.devices.some(({ works }) => works) ? 0 : 1;
}

async function diagnose(): Promise<Diagnosis> {
  const advice: string[] = [];
  const engine = await examineEngine();
  if (!engine.devices.some(({ works }) => works))
    advice.push(
      'The engine is a native module: reinstall the package on this machine, for this platform and Node version.',
    );
  const python = await findPython().catch((error: Error) => {
    advice.push(error.message);
    return null;
  });
  const environment = await reportEnvironment(process.cwd());
  const trl = { ...environment, detail: trlInWords(environment) };
  if (engine.devices.length > 1) engine.devices.push(cudaDevice(trl));
  return {
    version: VERSION,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpu: { model: cpus()[0]?.model.trim() ?? 'unknown', cores: availableParallelism() },
    memory: { total_bytes: totalmem(), free_bytes: freemem() },
    ...engine,
    python,
    trl,
    advice,
  };
}

/** The engine is loaded here and not before: when it cannot be loaded, that is what to report. */
async function examineEngine(): Promise<Pick<Diagnosis, 'devices' | 'engines'>> {
  try {
    const { engineVersions, examineDevices } = await import('./devices.ts');
    return { devices: await examineDevices(), engines: engineVersions() };
  } catch (error) {
    const detail = `does not work: the engine failed to load (${(error as Error).message})`;
    return { devices: [{ name: 'cpu', works: false, detail }], engines: {} };
  }
}

function describe({ version, node, platform, cpu, memory, devices, engines, python, trl, advice }: Diagnosis): string {
  const machine: [string, string][] = [
    ['GRPO Lab', version],
    ['Node', `${node} on ${platform}`],
    ['CPU', `${cpu.model}, ${cpu.cores} cores`],
    ['Memory', `${formatGigabytes(memory.total_bytes)}, ${formatGigabytes(memory.free_bytes)} free`],
    ...Object.entries(engines),
    ['Python', python ? `${python.version} at ${python.path}` : 'not found (only .py rewards need it)'],
    ['TRL', trl.detail],
  ];
  const found = devices.map(({ name, detail }) => [`device ${name}`, detail]);
  return [...table([...machine, ...found]), ...[...advice, ...trl.advice].map((sentence) => `\n${sentence}`)].join(
    '\n',
  );
}

function trlInWords({ environment }: EnvironmentReport): string {
  const packages = environment && packagesInWords(environment);
  return packages ? `${packages} (${environment.python})` : 'not found (only backend "trl" needs it)';
}
