"""Where each provider keeps its keys, its credits and its models, and how each local server is started.

Data alone, from the providers' public documentation; knows no failure. Invariant: the keys are kinds of
`server.NAMES`, and no address holds a secret or a part to fill in.
"""

from typing import Final

BASE_URLS: Final = {
    "openai": "https://api.openai.com/v1",
    "openrouter": "https://openrouter.ai/api/v1",
    "groq": "https://api.groq.com/openai/v1",
    "gemini": "https://generativelanguage.googleapis.com/v1beta/openai",
    "perplexity": "https://api.perplexity.ai",
    "together": "https://api.together.xyz/v1",
    "mistral": "https://api.mistral.ai/v1",
    "deepseek": "https://api.deepseek.com",
    "fireworks": "https://api.fireworks.ai/inference/v1",
    "zai": "https://api.z.ai/api/paas/v4",
    "dashscope": "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    "moonshot": "https://api.moonshot.ai/v1",
    "minimax": "https://api.minimax.io/v1",
    "xai": "https://api.x.ai/v1",
    "cerebras": "https://api.cerebras.ai/v1",
    "sambanova": "https://api.sambanova.ai/v1",
    "huggingface": "https://router.huggingface.co/v1",
    "nim": "https://integrate.api.nvidia.com/v1",
    "anthropic": "https://api.anthropic.com/v1",
    "deepinfra": "https://api.deepinfra.com/v1/openai",
    "novita": "https://api.novita.ai/openai/v1",
    "hyperbolic": "https://api.hyperbolic.xyz/v1",
    "baseten": "https://inference.baseten.co/v1",
    "siliconflow": "https://api.siliconflow.com/v1",
    "venice": "https://api.venice.ai/api/v1",
    "ollama": "http://localhost:11434/v1",
    "lmstudio": "http://localhost:1234/v1",
    "llamacpp": "http://localhost:8080/v1",
    "vllm": "http://localhost:8000/v1",
    "sglang": "http://localhost:30000/v1",
    "litellm": "http://localhost:4000/v1",
    "localai": "http://localhost:8080/v1",
    "koboldcpp": "http://localhost:5001/v1",
    "tabbyapi": "http://localhost:5000/v1",
    "textgen": "http://localhost:5000/v1",
    "newapi": "http://localhost:3000/v1",
    "openwebui": "http://localhost:3000/api",
}
"""The base URL a provider's own documentation gives; of a local server, its default."""

TWINS: Final = {
    "moonshot": ("moonshot.cn", "moonshot.ai"),
    "minimax": ("minimaxi.com", "minimax.io"),
    "zai": ("bigmodel.cn", "z.ai"),
    "dashscope": ("dashscope.aliyuncs.com", "dashscope-intl.aliyuncs.com"),
    "siliconflow": ("siliconflow.cn", "siliconflow.com"),
}
"""Providers with two sites whose keys do not work on the other one."""

KEY_PAGES: Final = {
    "openai": "platform.openai.com/api-keys",
    "openrouter": "openrouter.ai/settings/keys",
    "groq": "console.groq.com/keys",
    "gemini": "aistudio.google.com/apikey",
    "perplexity": "perplexity.ai/settings/api",
    "together": "api.together.ai/settings/api-keys",
    "mistral": "console.mistral.ai/api-keys",
    "deepseek": "platform.deepseek.com/api_keys",
    "xai": "console.x.ai",
    "fireworks": "fireworks.ai/account/api-keys",
    "cerebras": "cloud.cerebras.ai",
    "sambanova": "cloud.sambanova.ai/apis",
    "moonshot": "platform.moonshot.ai/console/api-keys",
    "zai": "z.ai/manage-apikey/apikey-list",
    "minimax": "platform.minimax.io",
    "dashscope": "the Model Studio console",
    "cloudflare": "dash.cloudflare.com/profile/api-tokens",
    "databricks": "your workspace's developer settings",
    "huggingface": "huggingface.co/settings/tokens",
    "nim": "build.nvidia.com/settings/api-keys",
    "azure": "the Azure portal, on the resource's page “Keys and Endpoint”",
    "anthropic": "console.anthropic.com/settings/keys",
    "deepinfra": "deepinfra.com/dash/api_keys",
    "novita": "novita.ai/settings/key-management",
    "hyperbolic": "app.hyperbolic.xyz/settings",
    "baseten": "app.baseten.co/settings/api_keys",
    "siliconflow": "cloud.siliconflow.com/account/ak",
    "venice": "venice.ai/settings/api",
}

CREDIT_PAGES: Final = {
    "openai": "platform.openai.com/settings/organization/billing",
    "openrouter": "openrouter.ai/settings/credits",
    "groq": "console.groq.com/settings/billing",
    "gemini": "aistudio.google.com/usage",
    "perplexity": "perplexity.ai/settings/api",
    "together": "api.together.ai/settings/billing",
    "mistral": "console.mistral.ai/billing",
    "deepseek": "platform.deepseek.com/top_up",
    "xai": "console.x.ai",
    "fireworks": "fireworks.ai/account/billing",
    "cerebras": "cloud.cerebras.ai",
    "sambanova": "cloud.sambanova.ai/plans/billing",
    "moonshot": "platform.moonshot.ai/console/pay",
    "zai": "z.ai/manage-apikey/billing",
    "minimax": "platform.minimax.io",
    "dashscope": "the Alibaba Cloud billing console",
    "cloudflare": "dash.cloudflare.com",
    "huggingface": "huggingface.co/settings/billing",
    "nim": "build.nvidia.com",
    "anthropic": "console.anthropic.com/settings/billing",
    "deepinfra": "deepinfra.com/dash/billing",
    "novita": "novita.ai/billing",
    "hyperbolic": "app.hyperbolic.xyz/billing",
    "baseten": "app.baseten.co/settings/billing",
    "siliconflow": "cloud.siliconflow.com/expensebill",
    "venice": "venice.ai/settings/api",
}

MODEL_PAGES: Final = {
    "openai": "platform.openai.com/docs/models",
    "groq": "console.groq.com/docs/models",
    "gemini": "ai.google.dev/gemini-api/docs/models",
    "mistral": "docs.mistral.ai",
    "deepseek": "api-docs.deepseek.com",
    "xai": "docs.x.ai/docs/models",
    "cerebras": "inference-docs.cerebras.ai",
    "sambanova": "docs.sambanova.ai",
    "moonshot": "platform.moonshot.ai/docs",
    "zai": "docs.z.ai",
    "minimax": "platform.minimax.io/docs",
    "dashscope": "the Model Studio console",
    "anthropic": "docs.anthropic.com",
    "deepinfra": "deepinfra.com/models",
    "novita": "novita.ai/models",
    "hyperbolic": "app.hyperbolic.xyz",
    "baseten": "app.baseten.co",
    "siliconflow": "cloud.siliconflow.com/models",
    "venice": "docs.venice.ai",
}

STARTS: Final = {
    "ollama": "Start Ollama (ollama serve); it listens at http://localhost:11434/v1.",
    "lmstudio": "Start the server in LM Studio (Developer tab, or lms server start); it listens at"
    " http://localhost:1234/v1.",
    "llamacpp": "Start llama-server with --jinja and your model; it listens at http://localhost:8080/v1.",
    "vllm": "Start vLLM (vllm serve and the model's name); it listens at http://localhost:8000/v1.",
    "sglang": "Start SGLang (python -m sglang.launch_server); it listens at http://localhost:30000/v1.",
    "litellm": "Start the LiteLLM proxy (litellm --config and its file); it listens at http://localhost:4000/v1.",
    "tgi": "Start the text-generation-inference container and use the port it publishes, with /v1 after it.",
    "localai": "Start LocalAI (local-ai run); it listens at http://localhost:8080/v1.",
    "koboldcpp": "Start KoboldCpp with your model; it listens at http://localhost:5001/v1.",
    "tabbyapi": "Start TabbyAPI; it listens at http://localhost:5000/v1.",
    "textgen": "Start text-generation-webui with --api; its API listens at http://localhost:5000/v1.",
    "openwebui": "Start Open WebUI; its API is at /api of the address you open it with.",
    "newapi": "Start the gateway; it listens at http://localhost:3000/v1 where nothing else is set.",
}
"""How a server on this machine is started, and where it is then."""

START_BY_PORT: Final = {
    8080: "llamacpp",
    8000: "vllm",
    5001: "koboldcpp",
    11434: "ollama",
    1234: "lmstudio",
    4000: "litellm",
    30000: "sglang",
}
"""Whose default port it is: good enough to say what may have to be started, not to say what it is."""
