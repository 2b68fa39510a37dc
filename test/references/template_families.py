"""Templates that use what those of well-known model families do, where ports of Jinja2 went wrong on them."""

FAMILIES = {
    # A table of types, a macro that calls itself, and a budget chosen by comparing texts, as Seed-OSS has them.
    "types and budgets": """
{%- set types = {"string": "str", "integer": "int", "array": "list", "boolean": "bool"} -%}
{%- macro py_type(name) -%}{{ types.get(name, "Any") }}{%- endmacro -%}
{%- macro schema(value, depth=0) -%}
{%- for key, item in value.items() %}
{{ "  " * depth }}{{ key }}: {% if item is mapping %}{{ schema(item, depth + 1) }}{% else %}{{ item }}{% endif %}
{%- endfor %}
{%- endmacro -%}
{%- for m in messages if m.role == "system" %}{{ bos_token ~ m.content|trim }}{% endfor -%}
{%- for tool in tools or [] %}
def {{ tool.function.name }}(
{%- for name, p in tool.function.parameters.properties|items %}{{ name }}: {{ py_type(p.type) }}{% if name not in tool.function.parameters.required %} = {{ p.default }}{% endif %}{{ ", " if not loop.last }}{% endfor -%}
):{{ schema(tool.function, 1) }}
{%- endfor %}
{%- set budgets = {0: 0, 512: 128, 1024: 256} %}
{%- set ns = namespace(interval=none) %}
{%- for limit, interval in budgets|dictsort %}{% if ns.interval is none and (thinking_budget|default(600)) <= limit %}{% set ns.interval = interval %}{% endif %}{% endfor %}
{%- if ns.interval is none %}{% set ns.interval = budgets[1024] %}{% endif %}
{%- for m in messages %}{{ "<seed:bos>" + m.role + "\\n" }}
{%- if m.tool_calls is defined and m.tool_calls %}{% for c in m.tool_calls %}
<function={{ c.function.name }}>
{%- if c.function.arguments is mapping %}{% for k, v in c.function.arguments|items %}
<parameter={{ k }}>{{ v if v is string else v|string }}</parameter>
{%- endfor %}{% endif %}
</function>{% endfor %}{% endif %}{{ m.content if m.content is not none }}{{ eos_token }}
{%- endfor %}
{%- if add_generation_prompt %}{{ "<seed:bos>assistant\\n" }}{% if ns.interval %}<budget {{ ns.interval }}>{% endif %}{% endif %}
""",
    # Names that are set in a loop's body, and what each round must forget: functionary has such loops.
    "loops that forget": """
{%- set has_code = namespace(found=false) -%}
{%- for tool in tools or [] -%}
{%- if tool["type"] == "code_interpreter" -%}{%- set has_code.found = true -%}
{%- else -%}{%- set description = tool.function.description|default("none", true) -%}
Use '{{ tool.function["name"] }}' to '{{ description }}'
{{ tool.function | tojson }}
{% endif -%}
{%- endfor -%}
{%- for m in messages -%}
{%- if m["role"] == "user" or m["role"] == "system" -%}{%- set prefix = "<|" ~ m.role ~ "|>" -%}{{ prefix ~ m["content"] ~ "<|eot|>" }}
{%- elif m["role"] == "tool" -%}{{ "<|tool|>" + m["content"] + "<|eot|>" }}
{%- else -%}{{ "<|assistant|>" }}{%- if m["content"] -%}{{ m["content"] }}{%- endif -%}
{%- if "tool_calls" in m and m["tool_calls"] is not none -%}{%- for call in m["tool_calls"] -%}
{%- if call.function.arguments is string -%}{%- set parameters = call.function.arguments -%}{%- else -%}{%- set parameters = call.function.arguments|tojson -%}{%- endif -%}
{{ "<function=" + call["function"]["name"] + ">" + parameters + "</function>" }}{%- endfor -%}{%- endif -%}{{ "<|eot|>" }}
{%- endif -%}{{ prefix is defined }}
{%- endfor -%}
{{ has_code.found }}{%- if add_generation_prompt -%}{{ "<|assistant|>" }}{%- endif -%}
""",
    # DeepSeek-R1's way with content: none, empty, and what is left behind the thought.
    "thoughts cut off": """
{%- if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}
{%- set ns = namespace(is_first=false, is_tool=false, is_output_first=true, system_prompt='') %}
{%- for message in messages %}{%- if message['role'] == 'system' %}{%- set ns.system_prompt = message['content'] %}{%- endif %}{%- endfor %}{{ bos_token }}{{ ns.system_prompt }}
{%- for message in messages %}
{%- if message['role'] == 'user' %}{%- set ns.is_tool = false -%}{{ '<|User|>' + message['content'] }}{%- endif %}
{%- if message['role'] == 'assistant' and message['content'] is none %}{%- set ns.is_tool = false -%}
{%- for tool in message['tool_calls'] %}{%- if not ns.is_first %}{{ '<|calls|>' + tool['type'] + '<|sep|>' + tool['function']['name'] + '\\n' + '```json' + '\\n' + tool['function']['arguments']|string + '\\n```' }}{%- set ns.is_first = true -%}{%- endif %}{%- endfor %}{%- endif %}
{%- if message['role'] == 'assistant' and message['content'] is not none %}
{%- if ns.is_tool %}{{ '<|outputs end|>' + message['content'] + '<|end|>' }}{%- set ns.is_tool = false -%}
{%- else %}{% set content = message['content'] %}{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}{{ '<|Assistant|>' + content.lstrip('\\n') + '<|end|>' }}{%- endif %}{%- endif %}
{%- if message['role'] == 'tool' %}{%- set ns.is_tool = true -%}{%- if ns.is_output_first %}{{ '<|outputs|>' + message['content'] }}{%- set ns.is_output_first = false %}{%- else %}{{ '\\n<|output|>' + message['content'] }}{%- endif %}{%- endif %}
{%- endfor -%}
{% if ns.is_tool %}{{ '<|outputs end|>' }}{% endif %}{% if add_generation_prompt and not ns.is_tool %}{{ '<|Assistant|><think>\\n' }}{% endif %}
""",
    # Cohere compares a text with false.
    "a text is not false": """
{{- bos_token }}{% if messages and messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% elif false == true %}{% set loop_messages = messages %}{% set system_message = 'You are a helper.' %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}
{%- if system_message != false %}{{ '<|START|><|SYSTEM|>' + system_message + '<|END|>' }}{% endif %}
{%- for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles must alternate, not at ' ~ loop.index ~ ': ' ~ message.role|upper) }}{% endif %}{% set content = message['content'] %}{{ '<|START|><|' ~ message.role|upper ~ '|>' ~ content.strip() ~ '<|END|>' }}{% endfor %}
{%- if add_generation_prompt %}{{ '<|START|><|CHATBOT|>' }}{% endif %}
""",
    # What Llama 3.1, Mistral and Phi do with dates, the last user's turn and slices.
    "dates and the last turn": """
{%- set date_string = date_string|default("26 Jul 2024") -%}
{%- set user_messages = messages|selectattr("role", "equalto", "user")|list -%}
{%- if messages and messages[0].role in ["system", "developer"] %}{% set system = messages[0].content %}{% set rest = messages[1:] %}{% else %}{% set rest = messages %}{% endif -%}
Today: {{ date_string }}{{ "\\n" + system if system is defined }}
{% for m in rest %}
{%- set last = loop.last and m.role == "user" %}
[{{ m.role|capitalize }}{{ "*" if m == user_messages[-1] }}{{ "!" if last }}{{ loop.index0 % 2 }}] {% if m.content is string %}{{ m.content|trim }}{% elif m.content is iterable %}{% for part in m.content %}{{ part.text if part.type == "text" else "<" ~ part["type"] ~ ">" }}{% endfor %}{% else %}{{ m.content }}{% endif %}
{% if m.tool_calls %}{% for c in m.tool_calls %}{{ c|tojson(indent=2) }}{{ "," if not loop.last else "" }}{% endfor %}{% endif %}
{% endfor %}
{{- messages|map(attribute="role")|unique|join("/") }} {{ messages|length }}
{%- for m in messages[::-1] %}{% if m.role == "assistant" %}{% break %}{% endif %}{{ loop.index }}{% endfor %}
{{- "\\n" ~ (tools|tojson(indent=4)) if tools is not none }}
""",
}
