/** Takes two training steps on WebGPU with ONNX Runtime's log on stderr, where it says which node runs where. Arguments: a config, float32 or float16. */
import { fileURLToPath } from 'node:url';
import { loadRunConfig } from '../../src/config/load-config.ts';
import { OnnxEngine } from '../../src/engine/onnx/engine.ts';
import { PROVIDERS } from '../../src/engine/onnx/providers.ts';
import { loadStart } from '../../src/trainer/load-start.ts';
import { measuredStage, measureStep } from '../../src/trainer/measure.ts';
import { prepareRun } from '../../src/trainer/prepare.ts';

Object.assign(PROVIDERS.webgpu.session, { logSeverityLevel: 0, logVerbosityLevel: 1 });

const [configFile, type] = process.argv.slice(2);
const rewardWorker = fileURLToPath(new URL('../reward-worker.js', import.meta.url));
const loaded = loadRunConfig(configFile!, { set: ['device=cpu'] });
const run = await prepareRun(loaded, { rewardWorker });
const engine = new OnnxEngine('webgpu', { half: type === 'float16' });
const stage = measuredStage({ ...run, engine, ...(await loadStart(engine, run.model, loaded)) });
for (let step = 1; step <= 2; step++) await measureStep(stage);
await run.rewards.close();
