import { describe, expect, it } from 'vitest';
import { Template } from '../../../../src/model/templates/template.ts';
import { ollamaTemplate } from '../../../../src/model/tokenizer/ollama.ts';

/** A chat template as a model's `renderChat`. What comes out was run through Go's text/template once, and was what the template writes. */
const translated = (source: string, textBefore?: string): string | undefined => {
  const template = new Template(source);
  return ollamaTemplate(
    (messages, { variables = {} } = {}) =>
      template.render({ bos_token: '<s>', eos_token: '</s>', add_generation_prompt: true, ...variables, messages }),
    textBefore,
  );
};

const CHATML = `{% for message in messages %}{% if loop.first and message.role != 'system' %}<|im_start|>system
Be brief.<|im_end|>
{% endif %}<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`;

const MISTRAL = `{{ bos_token }}{% for message in messages %}{% if (message.role == 'user') != (loop.index0 % 2 == 0) %}{{
raise_exception('alternate') }}{% endif %}{% if message.role == 'user' %}[INST] {{ message.content }} [/INST]{% else %} {{ message.content }}{{
eos_token }}{% endif %}{% endfor %}`;

describe("a chat template in Ollama's language", () => {
  it("has the template's own system message where there is no other", () => {
    expect(translated(CHATML)).toBe(
      [
        '{{ if not .System }}<|im_start|>system\nBe brief.<|im_end|>\n{{ end }}{{ range .Messages }}',
        '{{ if eq .Role "system" }}<|im_start|>system\n{{ .Content }}<|im_end|>\n',
        '{{ else if eq .Role "user" }}<|im_start|>user\n{{ .Content }}<|im_end|>\n',
        '{{ else if eq .Role "assistant" }}<|im_start|>assistant\n{{ .Content }}<|im_end|>\n',
        '{{ end }}{{ end }}<|im_start|>assistant\n',
      ].join(''),
    );
  });

  it('leaves out BOS, which comes with the tokens, and system messages that the template refuses', () => {
    expect(translated(MISTRAL, '<s>')).toBe(
      '{{ range .Messages }}{{ if eq .Role "user" }}[INST] {{ .Content }} [/INST]{{ else if eq .Role "assistant" }} {{ .Content }}</s>{{ end }}{{ end }}',
    );
  });

  it.each([
    ['numbers its messages', '{% for message in messages %}{{ loop.index }} {{ message.content }}\n{% endfor %}'],
    [
      'marks the last one',
      '{% for message in messages %}{{ message.content }}{% if loop.last %}!{% endif %}\n{% endfor %}',
    ],
    ['says things twice', '{% for message in messages %}{{ message.content }}{{ message.content }}\n{% endfor %}'],
    [
      'repeats system messages',
      `{% for m in messages if m.role == 'system' %}{{ m.content }}{% endfor %}{% for m in messages %}{{ m.content }}
{% endfor %}`,
    ],
    ["has Ollama's own signs", "{% for message in messages %}{{ '{{' }}{{ message.content }}{% endfor %}"],
  ])('is none where it %s', (_, source) => expect(translated(source)).toBeUndefined());
});
