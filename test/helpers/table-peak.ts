/** Prints by how many bytes this process grows while it reads a model, takes a step of an adapter and writes a few tokens. Argument: the model's folder. */
import { OnnxEngine } from '../../src/engine/onnx/engine.ts';
import { readModelConfig } from '../../src/model/files/model-config.ts';
import { readModel } from '../../src/model/files/read-model.ts';
import { tablesAsStored } from '../../src/model/files/stored-tables.ts';
import { runConfigSchema } from '../../src/protocol/run-config.ts';
import { LocalLearner } from '../../src/trainer/policy/local-learner.ts';
import { startAdapter } from '../../src/trainer/policy/start-adapter.ts';
import { SftStage } from '../../src/trainer/stages/sft.ts';

const folder = process.argv[2]!;
const engine = new OnnxEngine();
const lora = { r: 2, loraAlpha: 4, targetModules: 'all-linear' };
const config = runConfigSchema.parse({ model: folder, dataset: 'd', rewards: [], lora });
const model = { ...readModelConfig(folder), lora: config.lora! };
const peak = () => process.resourceUsage().maxRSS * 1024;
const before = peak();
const { weights } = await readModel(folder, undefined, tablesAsStored(folder, model));
const adapter = startAdapter(model, 1, weights);
const learner = new LocalLearner({ engine, eosTokenIds: [], supervised: true, config, model, weights, adapter });
const demonstrations = [{ promptIds: [1, 2, 3], completionIds: [4, 5, 6] }];
await new SftStage(learner, () => demonstrations).step({ emit() {} });
const sampler = learner.sampler(2);
await sampler.sample([[1, 2, 3]], 4, ['peak']);
console.log(peak() - before);
