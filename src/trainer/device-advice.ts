import { DeviceFailure } from '../engine/device-failure.ts';
import type { Engine } from '../engine/engine.ts';
import { RunFailure } from '../protocol/errors.ts';
import { formatGigabytes } from '../text/bytes.ts';

/** The same engine, except that failures of its device become RunFailures that say which field of a config to change. */
export function withAdvice(engine: Engine): Engine {
  const advised = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw error instanceof DeviceFailure ? new RunFailure(adviceOn(error), { cause: error }) : error;
    }
  };
  return {
    name: engine.name,
    stepsPerRun: engine.stepsPerRun,
    half: engine.half,
    get compilations() {
      return engine.compilations;
    },
    compile(name, program, options) {
      const compiled = engine.compile(name, program, options);
      return { run: (...given) => advised(compiled.run(...given)), dispose: () => compiled.dispose() };
    },
    upload: (arrays) => advised(engine.upload(arrays)),
    download: (arrays) => advised(engine.download(arrays)),
    toHalf: (arrays) => advised(engine.toHalf(arrays)),
    release: (arrays) => engine.release(arrays),
  };
}

/** What happened, and what can be done about it. */
function adviceOn({ kind, refusedBytes }: DeviceFailure): string {
  switch (kind) {
    case 'lost':
      return 'The GPU was lost: its driver was reset, or the machine slept. Resume the run from its last checkpoint.';
    case 'out-of-memory': {
      const what = refusedBytes ? ` (it refused ${formatGigabytes(refusedBytes)} in one piece)` : '';
      return `The GPU has too little memory for this${what}. Lower "maxCompletionLength", "numGenerations" or "promptsPerStep", train with "lora", or set "device" to "cpu".`;
    }
    default:
      return kind satisfies never;
  }
}
