/** What answering holds on to. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Answering } from '../../../src/chat/answer.ts';
import type { Compiled, CompileOptions, Program } from '../../../src/engine/engine.ts';
import { OnnxEngine } from '../../../src/engine/onnx/engine.ts';
import type { TensorTree } from '../../../src/engine/tree.ts';
import { readModel } from '../../../src/model/files/read-model.ts';
import { loadTokenizer } from '../../../src/model/tokenizer/tokenizer.ts';

const MODEL = join(import.meta.dirname, '../../references/fixtures/models/llama-head-dim-bf16');

/** Counts programs that have been run and not been disposed of. */
class CountingEngine extends OnnxEngine {
  readonly held = new Set<object>();

  override compile<I extends TensorTree, O extends TensorTree>(
    name: string,
    program: Program<I, O>,
    options?: CompileOptions<O>,
  ): Compiled<I, O> {
    const compiled = super.compile(name, program, options);
    return {
      run: (inputs) => {
        this.held.add(compiled);
        return compiled.run(inputs);
      },
      dispose: () => {
        this.held.delete(compiled);
        return compiled.dispose();
      },
    };
  }
}

test('another temperature frees the graphs of the one before, which may have a copy of the weights in them', async () => {
  const engine = new CountingEngine();
  const { config: model, weights } = await readModel(MODEL);
  const speaker = { side: 'checkpoint', model, weights } as const;
  const speakers = { engine, tokenizer: loadTokenizer(MODEL), eosTokenIds: [], speakers: [speaker] };
  const answering = new Answering(speakers, { topK: 0, topP: 1, minP: null, minCompletionLength: 0 });
  const listener = { onText() {}, goOn: async () => true };
  const answer = (temperature: number) =>
    answering.answer(speaker, [3, 1, 4], { seed: 1, temperature, maxTokens: 4 }, listener);
  const first = await answer(0);
  // That of the prompt, and that of the tokens after it.
  expect(engine.held.size).toBe(2);
  await answer(1);
  expect(engine.held.size).toBe(2);
  expect((await answer(0)).ids).toEqual(first.ids);
  expect(engine.held.size).toBe(2);
});
