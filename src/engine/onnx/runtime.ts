/**
 * ONNX Runtime with its telemetry off; nothing else here loads it. On Linux and macOS it is on by default: the first session of a process
 * writes an identifier of the machine into the home folder, and sends data about models and runs to Microsoft.
 *
 * Source: onnxruntime/core/platform/posix/telemetry.cc of ONNX Runtime 1.30.
 */
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import type * as Runtime from 'onnxruntime-node';

const SWITCH = 'ORT_DISABLE_TELEMETRY';

process.env[SWITCH] = '1';
// A worker thread may have its own copy of the environment, which native code does not see.
if (!isMainThread && nativeEnvironment()?.[SWITCH] !== '1')
  throw new Error(
    `ONNX Runtime would send usage data to Microsoft: start this thread with "env: SHARE_ENV", or set ${SWITCH}=1 on the main thread first`,
  );

/** The environment as native code sees it. */
function nativeEnvironment(): Record<string, string> | undefined {
  const report: NodeJS.ProcessReport & { excludeNetwork?: boolean } = process.report;
  const { excludeNetwork = false } = report;
  // The report must not look up network names.
  report.excludeNetwork = true;
  try {
    return (report.getReport() as { environmentVariables?: Record<string, string> }).environmentVariables;
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}

// Not an import: a bundle evaluates its imports before everything else.
export const { env, InferenceSession, Tensor } = createRequire(import.meta.url)('onnxruntime-node') as typeof Runtime;
export type InferenceSession = Runtime.InferenceSession;
export type Tensor = Runtime.Tensor;
