"""Renders chat templates with transformers' own environment, as the truth for src/model/templates.

    python chat_templates.py constructs > fixtures/chat-templates/constructs.json
    python chat_templates.py families > fixtures/chat-templates/families.json
    python chat_templates.py shipped                   # the templates that come with TRL, for a test with TRL at hand
    python chat_templates.py matrix                    # every operator, filter, test and method with values of every type, likewise

Every result is { "text" } or, where Jinja2 raises, { "error" }.
"""

import copy
import json
import random
import re
import sys

from pathlib import Path

from conversations import CONVERSATIONS, SETTINGS, TOKENS
from template_constructs import CONTEXT, GROUPS
from template_families import FAMILIES
from template_matrix import matrix
from transformers.utils.chat_template_utils import _compile_jinja_template, render_jinja_template


def render(template, context):
    random.seed(0)
    try:
        # Jinja2's "indent" changes a list that it is given by mistake.
        text = _compile_jinja_template(template).render(**copy.deepcopy(context))
        # Addresses differ from run to run.
        return {"text": re.sub(r"at 0x[0-9a-f]+", "at 0x", text)}
    except Exception as error:  # noqa: BLE001: whatever it raises, there is no text
        return {"error": f"{type(error).__name__}: {error}"}


def group(groups):
    rendered = {
        name: [{"template": template, **render(template, CONTEXT)} for template in templates]
        for name, templates in groups.items()
    }
    return {"context": CONTEXT, "groups": rendered}


def render_chat(template, messages, settings):
    try:
        rendered, _ = render_jinja_template([messages], chat_template=template, **settings, **TOKENS)
        return {"text": rendered[0]}
    except Exception as error:  # noqa: BLE001
        return {"error": f"{type(error).__name__}: {error}"}


def chats(templates):
    """Each template with each conversation and each of the settings: results[template][conversation][setting]."""
    results = {
        name: {
            conversation: [render_chat(template, messages, settings) for settings in SETTINGS]
            for conversation, messages in CONVERSATIONS.items()
        }
        for name, template in templates.items()
    }
    return {"templates": templates, "conversations": CONVERSATIONS, "settings": SETTINGS, "tokens": TOKENS, "results": results}


def shipped():
    import trl

    files = sorted((Path(trl.__file__).parent / "chat_templates").glob("*.jinja"))
    return {file.stem: file.read_text(encoding="utf-8") for file in files}


COMMANDS = {
    "constructs": lambda: group(GROUPS),
    "families": lambda: chats(FAMILIES),
    "shipped": lambda: chats(shipped()),
    "matrix": lambda: group({"matrix": matrix()}),
}

if __name__ == "__main__":
    json.dump(COMMANDS[sys.argv[1]](), sys.stdout, ensure_ascii=True, indent=1)
    print()
