"""Renders chat templates with transformers' own environment, as the truth for src/model/templates.

    python chat_templates.py constructs > fixtures/chat-templates/constructs.json
    python chat_templates.py render < cases.json       # [{ "template", "context" }], for tests with Python at hand

Every result is { "text" } or, where Jinja2 raises, { "error" }.
"""

import json
import re
import sys

from template_constructs import CONTEXT, GROUPS
from transformers.utils.chat_template_utils import _compile_jinja_template


def render(template, context):
    try:
        text = _compile_jinja_template(template).render(**context)
        # Addresses differ from run to run.
        return {"text": re.sub(r"at 0x[0-9a-f]+", "at 0x", text)}
    except Exception as error:  # noqa: BLE001: whatever it raises, there is no text
        return {"error": f"{type(error).__name__}: {error}"}


def constructs():
    groups = {
        group: [{"template": template, **render(template, CONTEXT)} for template in templates]
        for group, templates in GROUPS.items()
    }
    return {"context": CONTEXT, "groups": groups}


if __name__ == "__main__":
    command = sys.argv[1]
    result = constructs() if command == "constructs" else [render(c["template"], c["context"]) for c in json.load(sys.stdin)]
    json.dump(result, sys.stdout, ensure_ascii=True, indent=1)
    print()
