import { locateTfjsNode } from '../../../src/engine/tensorflow/locate.ts';
import { TENSORFLOW_VARIABLE } from '../../../src/protocol/set-up-places.ts';
import { grpo, jsonLines } from '../cli/run-grpo.ts';

/** What `grpo setup-tensorflow` leaves: of GRPO_TEST_TENSORFLOW, else where a run here would find it; undefined: there is none. */
export const tfjsNode = process.env.GRPO_TEST_TENSORFLOW || locateTfjsNode(process.cwd());

/** The lines of a command's `--json` output. TensorFlow may say on stderr what it found. */
export async function grpoOn<Row>(device: 'cpu' | 'tensorflow', ...args: string[]): Promise<Row[]> {
  const env = { ...process.env, ...(tfjsNode !== undefined && { [TENSORFLOW_VARIABLE]: tfjsNode }) };
  const [command] = args;
  const named = command === 'train' ? ['--set', `device=${device}`] : ['--device', device];
  const { status, stdout, stderr } = await grpo([...args, ...named, '--json'], { env });
  if (status !== 0) throw new Error(`exit status ${status}: ${stderr}`);
  return jsonLines(stdout);
}
