/**
 * Asks llama.cpp about .gguf files. Reads `{ files, texts, sequences }` as JSON from stdin; writes, as a list in JSON, of each file: the `tokens`
 * of each text (special tokens read as such, none added), the log-probability of each token but the first of each sequence of ids, whether BOS
 * is added (`addsBos`), and the ids that end a completion (`ends`).
 */
import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';

// With AMX, its products of Q8_0 are wrong where matrices are as small as those of the tests. Without this file it takes AVX-512.
const BINARIES = new URL('node_modules/@node-llama-cpp/linux-x64/bins/linux-x64/', import.meta.url);
rmSync(fileURLToPath(new URL('libggml-cpu-sapphirerapids.so', BINARIES)), { force: true });

const { files, texts, sequences } = JSON.parse(readFileSync(0, 'utf8'));
const llama = await getLlama({
  gpu: false,
  build: 'never',
  skipDownload: true,
  progressLogs: false,
  logLevel: LlamaLogLevel.error,
});
const contextSize = Math.max(8, ...sequences.map(({ length }) => length));

async function answersOf(file) {
  const model = await llama.loadModel({ modelPath: file });
  const logprobs = [];
  for (const ids of sequences) {
    const context = await model.createContext({ contextSize, threads: 1 });
    const options = { temperature: 1, topK: 0, topP: 1, minP: 0 };
    const steps = ids.map((id) => [id, { generateNext: { probabilities: true, options } }]);
    const results = await context.getSequence().controlledEvaluate(steps);
    logprobs.push(ids.slice(1).map((id, index) => Math.log(results[index].next.probabilities.get(id))));
    await context.dispose();
  }
  const ids = Array.from({ length: model.fileInfo.metadata.tokenizer.ggml.tokens.length }, (_, id) => id);
  return {
    tokens: texts.map((text) => model.tokenize(text, true)),
    logprobs,
    addsBos: model.tokens.shouldPrependBosToken,
    ends: ids.filter((id) => model.isEogToken(id)),
  };
}

const answers = [];
for (const file of files) answers.push(await answersOf(file));
console.log(JSON.stringify(answers));
process.exit(0);
