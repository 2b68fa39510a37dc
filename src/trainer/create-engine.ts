import { dirname } from 'node:path';
import type { LoadedConfig } from '../config/load-config.ts';
import { openTensorflow } from '../engine/tensorflow/open.ts';
import { BadInput } from '../protocol/errors.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { withAdvice } from './device-advice.ts';
import { DeviceUnusable, type OpenedEngine, openEngine, type Workload } from './open-engine.ts';

/** The engine that a config names. Throws BadInput for a device that does not work here, or that the workload does not fit on. */
export async function createEngine(
  config: Pick<RunConfig, 'device' | 'fp16'>,
  locate: LoadedConfig['locate'] | undefined,
  workload: Workload,
): Promise<OpenedEngine> {
  const { fp16 } = config;
  // TRL trains there; what else is done with the run's models is done with ours.
  const device = config.device === 'cuda' ? 'auto' : config.device;
  const at = locate?.(['device']);
  const orWebgpu = ', or "device" to "webgpu"';
  if (fp16 && (device === 'cpu' || device === 'tensorflow'))
    throw withoutHalf(`"${device}" computes in float32`, orWebgpu);
  if (device === 'tensorflow') return { engine: openTensorflow(at ? dirname(at.file) : process.cwd(), at).engine };
  const opened = await openEngine(device, workload).catch((error) => {
    if (!(error instanceof DeviceUnusable)) throw error;
    throw new BadInput(`"${device}" cannot be used here: ${error.message}. Or set "device" to "auto" or "cpu".`, at);
  });
  const { engine, reason } = opened;
  if (fp16 && engine.name === 'cpu') throw withoutHalf(`"auto" took the CPU (${reason})`, orWebgpu);
  if (fp16 && !engine.half) throw withoutHalf(`${reason}`, '');
  return { ...opened, engine: withAdvice(engine) };

  function withoutHalf(why: string, orElse: string): BadInput {
    const needs = '"fp16" needs a GPU that computes in float16 (WebGPU\'s shader-f16)';
    return new BadInput(`${needs}: ${why}; set "fp16" to false${orElse}.`, locate?.(['fp16']));
  }
}
