/**
 * What runs inside of the process of a program under test. It reads one line of JSON (`{ key, code, tests }`) from file descriptor 3,
 * and answers there, one line for each of: it has begun, the program failed, a test passed or failed. The key keeps what the
 * program may write there itself from counting.
 */
export const PYTHON_HARNESS = `
import json, os
data = b""
while not data.endswith(b"\\n"):
    data += os.read(3, 1 << 20)
request = json.loads(data)
def tell(**report):
    os.write(3, (json.dumps({"key": request["key"], **report}) + "\\n").encode())
def attempt(code, name, space, **report):
    try:
        exec(compile(code, name, "exec"), space)
    except BaseException as error:
        text = str(error).strip()
        tell(error=(type(error).__name__ + (": " + text if text else ""))[:500], **report)
        return False
    return True
def main():
    tell(begun=True)
    space = {"__name__": "answer"}
    if attempt(request["code"], "answer.py", space):
        for index, test in enumerate(request["tests"]):
            if attempt(test, "test.py", space, test=index):
                tell(test=index)
main()
`;

export const JAVASCRIPT_HARNESS = `
const { readSync, writeSync } = require('node:fs');
const { runInThisContext } = require('node:vm');
(async () => {
  let data = '';
  const buffer = Buffer.alloc(1 << 20);
  const decoder = new TextDecoder();
  while (!data.endsWith('\\n')) data += decoder.decode(buffer.subarray(0, readSync(3, buffer)), { stream: true });
  const { key, code, tests } = JSON.parse(data);
  const tell = (report) => writeSync(3, JSON.stringify({ key, ...report }) + '\\n');
  const attempt = async (text, filename, report) => {
    try {
      await runInThisContext(text, { filename });
      return true;
    } catch (error) {
      tell({ error: String(error).slice(0, 500), ...report });
      return false;
    }
  };
  globalThis.require = require;
  globalThis.assert = require('node:assert/strict');
  tell({ begun: true });
  if (await attempt(code, 'answer.js'))
    for (const [test, text] of tests.entries()) if (await attempt(text, 'test.js', { test })) tell({ test });
  process.exit();
})();
`;
