import { ANSWER } from '../../text/answer-column.ts';
import { columnTypes, isIdentifier, propertyName, type Row } from './column-types.ts';
import { HELPER_TEMPLATES } from './helper-templates.ts';
import type { Template } from './template.ts';

const DOCUMENTATION = '1 when the completion contains the answer. Change it to what the model should learn.';

/** The column that looks most like an answer: a text or a number. */
function answerColumn(columns: ReadonlyMap<string, string>): string | undefined {
  const plain = [...columns].filter(([name, type]) => /^(number|string)$/.test(type) && isIdentifier(name));
  return (plain.find(([name]) => ANSWER.test(name)) ?? plain[0])?.[0];
}

/** A right and a wrong completion for each of the first prompts. */
function answered(name: string, rows: readonly Row[], column: string | undefined): Row[] {
  const wrong = 'I do not know.';
  const given = rows.length > 0 ? rows.slice(0, 2) : [{ prompt: 'What is 12 + 13?' }, { prompt: 'What is 2 + 2?' }];
  return given.flatMap((row: Row) => {
    if (column === undefined)
      return [
        { ...row, completion: wrong, expect: { [name]: 1 } },
        { ...row, completion: ' ', expect: { [name]: 0 } },
      ];
    const answer = String(row[column]);
    return [
      { ...row, completion: `The answer is ${answer}.`, expect: { [name]: 1 } },
      { ...row, completion: wrong, expect: { [name]: wrong.includes(answer) ? 1 : 0 } },
    ];
  });
}

function typedColumns(columns: ReadonlyMap<string, string>): string {
  if (columns.size === 0) return '';
  const fields = [...columns].map(([name, type]) => `  ${propertyName(name)}: ${type};\n`);
  return `\n/** The dataset's columns besides the prompt. */\ninterface Columns {\n${fields.join('')}}\n`;
}

const ROW: Template = {
  label: 'Per completion',
  detail: 'TypeScript: a function of one completion and its dataset row',
  language: 'typescript',
  make: (name, rows) => {
    const columns = columnTypes(rows);
    const answer = answerColumn(columns);
    const found = answer === undefined ? "completion.trim() !== ''" : `completion.includes(String(${answer}))`;
    const reason = answer === undefined ? "'there is no answer'" : `\`expected \${${answer}}\``;
    const source = `import type { RewardInput, RewardResult } from 'grpo/rewards';
${typedColumns(columns)}
/** ${DOCUMENTATION} */
export function ${name}({ completion${answer === undefined ? '' : `, ${answer}`} }: RewardInput${columns.size > 0 ? '<Columns>' : ''}): RewardResult {
  const found = ${found};
  return found ? { score: 1 } : { score: 0, reason: ${reason} }; // null as the score abstains
}
`;
    return { source, samples: answered(name, rows, answer) };
  },
};

const BATCH: Template = {
  label: 'Per batch',
  detail: 'TypeScript: a function of all completions, to compare them',
  language: 'typescript',
  make: (name, rows) => {
    const source = `import { batchReward } from 'grpo/rewards';

/** Rewards what is different from the prompt's other completions: 1 ÷ how many are the same. */
export const ${name} = batchReward(({ prompts, completions }) =>
  completions.map((completion, i) => {
    const alike = completions.filter((other, j) => prompts[j] === prompts[i] && other.trim() === completion.trim());
    return { score: 1 / alike.length, reason: \`\${alike.length} alike\` };
  }),
);
`;
    const row = rows[0] ?? { prompt: 'Tell a story.' };
    const told = [
      ['Once upon a time.', 0.5],
      ['Once upon a time. ', 0.5],
      ['It was night.', 1],
    ] as const;
    const samples = told.map(([completion, score]) => ({ ...row, completion, expect: { [name]: score } }));
    return { source, samples };
  },
};

const PYTHON: Template = {
  label: 'Python',
  detail: "Python: TRL's signature, so the file also runs in TRL unchanged",
  language: 'python',
  make: (name, rows) => {
    const answer = answerColumn(columnTypes(rows));
    const parameter = answer === undefined ? '' : `, ${answer}`;
    const score =
      answer === undefined
        ? '[1.0 if text_of(completion).strip() else 0.0 for completion in completions]'
        : `[\n        1.0 if str(expected) in text_of(completion) else 0.0 for completion, expected in zip(completions, ${answer})\n    ]`;
    const source = `def ${name}(prompts, completions${parameter}, **kwargs):
    """${DOCUMENTATION}"""
    return ${score}  # None abstains


def text_of(completion):
    """A completion's text; with chat prompts it is a list of messages."""
    return completion if isinstance(completion, str) else completion[-1]["content"]
`;
    return { source, samples: answered(name, rows, answer) };
  },
};

export const TEMPLATES: readonly Template[] = [ROW, BATCH, PYTHON, ...HELPER_TEMPLATES];
