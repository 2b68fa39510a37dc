"""Prompts that Jinja2 makes of dataset rows, and what it refuses: `"prompt": { "user": "{{ question }}" }` in a run config.

    python test/references/prompt_templates.py   # writes fixtures/prompt-templates.json

What is printed must be defined: jinja2.StrictUndefined would also refuse `{% if hint.text %}`, which is no gap in a prompt.
"""

import json
from pathlib import Path

from jinja2 import Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment


class PrintedUndefined(Undefined):
    __str__ = Undefined._fail_with_undefined_error


ROWS = [
    {
        "question": "What is 2 + 2?",
        "choices": ["3", "4"],
        "level": 5,
        "score": 5.0,
        "big": 12345678901234567890,
        "hint": None,
        "gold": {"value": "4", "unit": ""},
        "10": "ten",
        "turns": [{"role": "user", "content": "Hi\nthere"}, {"role": "assistant", "content": "Hello"}],
        "html": "<b>&amp;</b> it's",
        "spaces": "  a \n",
    },
    {"question": "日本 👩‍🚀", "choices": [], "level": 0, "score": 1e21, "hint": "none", "gold": {}, "turns": []},
]
TEMPLATES = [
    "{{ question }}",
    "{{question}}\n",
    "<think>\n",
    "no template at all",
    "Q: {{ question }}\nA:",
    "Q: {{ question }}\n\n",
    "\n{{ question }}",
    "{{ question | trim | upper }}",
    "{{ level }} {{ score }} {{ level + 1 }}",
    "{{ hint }}",
    "{{ hint or 'no hint' }}",
    "{% if hint %}Hint: {{ hint }}\n{% endif %}\n{{ question }}",
    "{% for choice in choices %}\n{{ loop.index }}. {{ choice }}\n{% endfor %}\nAnswer:",
    "{% for choice in choices -%}\n  ({{ 'ABCD'[loop.index0] }}) {{ choice }}\n{% endfor -%}\n",
    "{{ choices | join(', ') }} {{ choices }}",
    "{{ gold }} {{ gold | tojson }}",
    "{{ gold.value }}",
    "{{ gold['value'] ~ gold.unit }}",
    "{{ gold.missing }}",
    "{{ gold.missing | trim }}",
    "{{ gold.missing | default('-') }}",
    "{{ 'a' ~ gold.missing }}",
    "{% if gold.missing %}x{% endif %}y",
    "{% if gold.missing is defined %}x{% else %}z{% endif %}",
    "{{ turns[0].content }}",
    "{{ turns | length }}",
    "{{ html }}|{{ html | e }}",
    "[{{ spaces }}]",
    "{{ question[100:] }}.",
    "{{ question.split()[0] }}",
    "{{ level // 0 }}",
    "{{ level | round(1) }}{{ '%05d' % level }}",
    "{# a comment #}{{ question }}",
    "{% raw %}{{ question }}{% endraw %}",
    "  {% set first = question[0] %}\n  {{ first }}",
    "\\boxed{}",
    "{{ '{{' }} {%- if true %} x{% endif %}",
    "{{ range(3) | list }}",
    "\r\n{{ level }}\r\n",
    "{{ 'Hint: ' ~ hint if hint }}{{ ', hard' if level > 3 }}.",
    "{{ (hint if level > 9) | trim }}{{ 'a' ~ ('b' if level > 9) }}",
    "{{ (hint if level > 9).x }}",
]


def main() -> None:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, undefined=PrintedUndefined
    )
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    cases = []
    for template in TEMPLATES:
        compiled = environment.from_string(template)
        for index, row in enumerate(ROWS):
            try:
                # Every row has the columns of all, as in a run.
                cases.append({"template": template, "row": index, "text": compiled.render({**dict.fromkeys(ROWS[0]), **row})})
            except Exception as error:
                cases.append({"template": template, "row": index, "error": f"{type(error).__name__}: {error}"})
    fixture = {"rows": [json.dumps(row, ensure_ascii=False) for row in ROWS], "cases": cases}
    path = Path(__file__).parent / "fixtures" / "prompt-templates.json"
    path.write_text(json.dumps(fixture, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
