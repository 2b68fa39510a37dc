/** Takes two training steps on WebGPU with ONNX Runtime's log on stderr, where it says which node runs where. Arguments: a config, float32 or float16. */
import { fileURLToPath } from 'node:url';
import { loadRunConfig } from '../../src/config/load-config.ts';
import { OnnxEngine } from '../../src/engine/onnx/engine.ts';
import { PROVIDERS } from '../../src/engine/onnx/providers.ts';
import { measuredStage, measureStep } from '../../src/trainer/measure.ts';
import { placeStart } from '../../src/trainer/policy/start-weights.ts';
import { prepareRun } from '../../src/trainer/prepare.ts';

Object.assign(PROVIDERS.webgpu.session, { logSeverityLevel: 0, logVerbosityLevel: 1 });

const [configFile, type] = process.argv.slice(2);
const rewardWorker = fileURLToPath(new URL('../reward-worker.js', import.meta.url));
const run = await prepareRun(loadRunConfig(configFile!, { set: ['device=cpu'] }), { rewardWorker });
const engine = new OnnxEngine('webgpu', { half: type === 'float16' });
const stage = measuredStage({
  ...run,
  engine,
  weights: await placeStart(engine, run.model, run.weights, { frozen: run.adapter !== undefined }),
  adapter: run.adapter && (await engine.upload(run.adapter)),
});
for (let step = 1; step <= 2; step++) await measureStep(stage);
await run.rewards.close();
