import { dirname } from 'node:path';
import { DeviceUnusable, type OpenedEngine, openEngine, type Workload } from '../engine/devices/open-engine.ts';
import { openTensorflow } from '../engine/tensorflow/open.ts';
import { BadInput } from '../protocol/errors.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import type { LoadedConfig } from './load-config.ts';

/** The engine that a config names. Throws BadInput for a device that does not work here, or that the workload does not fit on. */
export async function createEngine(
  { device }: Pick<RunConfig, 'device'>,
  at: ReturnType<LoadedConfig['locate']> | undefined,
  workload: Workload,
): Promise<OpenedEngine> {
  if (device === 'cuda')
    throw new BadInput(`This version does not train on "${device}"; set "device" to "auto", "webgpu" or "cpu".`, at);
  if (device === 'tensorflow') return { engine: openTensorflow(at ? dirname(at.file) : process.cwd(), at).engine };
  try {
    return await openEngine(device, workload);
  } catch (error) {
    if (!(error instanceof DeviceUnusable)) throw error;
    throw new BadInput(`"${device}" cannot be used here: ${error.message}. Or set "device" to "auto" or "cpu".`, at);
  }
}
