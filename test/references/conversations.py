"""Conversations and settings that chat templates are rendered with."""

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": 'The weather of a place, with "quotes" & <tags>.',
            "parameters": {
                "type": "object",
                "properties": {
                    "place": {"type": "string", "description": "A city"},
                    "unit": {"type": "string", "enum": ["°C", "°F"], "default": None},
                    "days": {"type": "integer", "minimum": 1},
                    "near": {"type": "array", "items": {"type": "string"}},
                    "exact": {"type": "boolean", "default": True},
                },
                "required": ["place"],
            },
            "return": {"type": "string", "description": "What it is like"},
        },
    }
]

USER = {"role": "user", "content": "What is the weather in Oslo?"}


def call(arguments, content=None):
    function = {"name": "get_weather", "arguments": arguments}
    return {
        "role": "assistant",
        "content": content,
        "tool_calls": [{"id": "call12345", "type": "function", "function": function}],
    }


RESULT = {"role": "tool", "name": "get_weather", "tool_call_id": "call12345", "content": "sunny, 21 °C"}
ARGUMENTS = {"place": "Oslo", "days": 2, "near": ["a", "b"], "exact": False, "unit": None, "scale": 1.5}

CONVERSATIONS = {
    "one": [USER],
    "system": [{"role": "system", "content": "  Be brief.\n"}, USER],
    "developer": [{"role": "developer", "content": "Be brief."}, USER],
    "turns": [USER, {"role": "assistant", "content": "Sunny."}, {"role": "user", "content": " And\n\ntomorrow? "}],
    "answered": [USER, {"role": "assistant", "content": "<think>\nwell\n</think>\n\nSunny.\n"}],
    "reasoning": [USER, {"role": "assistant", "content": "Sunny.", "reasoning_content": "\nIt is May.\n"}, USER],
    "thinking": [USER, {"role": "assistant", "content": "Sunny.", "thinking": "It is May."}, USER],
    "empty": [{"role": "system", "content": ""}, {"role": "user", "content": ""}, {"role": "assistant", "content": ""}, USER],
    "tool": [USER, call(ARGUMENTS), RESULT],
    "tool and text": [{"role": "system", "content": "Use tools."}, USER, call(ARGUMENTS, "Let me see."), RESULT, RESULT, {"role": "assistant", "content": "Sunny."}, USER],
    "tool with texts": [USER, call('{"place": "Oslo"}', ""), RESULT],
    "unicode": [{"role": "user", "content": "日本 👩‍🚀 é\u2028'\"\\ <|im_end|> {{ x }}"}, {"role": "assistant", "content": "ß 🙂"}, USER],
    "parts": [{"role": "user", "content": [{"type": "text", "text": "Look: "}, {"type": "text", "text": "here."}]}],
    "picture": [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What is it?"}]}],
    "parts everywhere": [
        {"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
        {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "Ho"}]},
        {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
    ],
    "twice": [USER, USER],
    "assistant first": [{"role": "assistant", "content": "Hi"}, USER],
    "strange role": [USER, {"role": "critic", "content": "No."}],
    "null": [{"role": "user", "content": None}],
    "nothing": [],
}

SETTINGS = [
    {"add_generation_prompt": True},
    {"add_generation_prompt": False},
    {"add_generation_prompt": True, "enable_thinking": True},
    {"add_generation_prompt": True, "enable_thinking": False},
    {"add_generation_prompt": True, "tools": TOOLS},
    {"add_generation_prompt": False, "tools": TOOLS, "enable_thinking": False},
]

TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"}
