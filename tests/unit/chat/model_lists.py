"""One small model list per shape of quirk section H, in bytes of our own, and the facts in each."""

from __future__ import annotations

from agentls.chat.models.model_facts import ModelFacts

OPENAI = {"object": "list", "data": [{"id": "big", "object": "model", "created": 1, "owned_by": "system"}]}
OPENROUTER = {
    "data": [
        {
            "id": "lab/coder",
            "context_length": 262144,
            "architecture": {"modality": "text+image->text", "input_modalities": ["image", "text"]},
            "pricing": {
                "prompt": "0.0000008",
                "completion": "0.000004",
                "request": "0",
                "input_cache_read": "0.00000008",
                "input_cache_write": "0.000001",
            },
            "top_provider": {"context_length": 200000, "max_completion_tokens": 64000, "is_moderated": False},
            "supported_parameters": ["max_tokens", "tools", "tool_choice"],
        },
        {
            "id": "lab/free:free",
            "context_length": 8192,
            "architecture": {"input_modalities": ["text"]},
            "pricing": {"prompt": "0", "completion": "0"},
            "top_provider": {"context_length": None, "max_completion_tokens": None},
            "supported_parameters": ["max_tokens"],
        },
        {"id": "router/auto", "context_length": 2000000, "pricing": {"prompt": "-1", "completion": "-1"}},
    ]
}
TOGETHER = [
    {
        "id": "lab/Coder-70B",
        "type": "chat",
        "context_length": 131072,
        "pricing": {"hourly": 0, "input": 0.88, "output": 0.9, "base": 0, "finetune": 0},
    },
    {"id": "lab/bert", "type": "embedding", "context_length": 512, "pricing": {"input": 0.008, "output": 0}},
]
MISTRAL = {
    "object": "list",
    "data": [
        {
            "id": name,
            "capabilities": {"completion_chat": True, "function_calling": True, "vision": False},
            "max_context_length": 256000,
            "aliases": [other],
        }
        for name, other in (("coder-2508", "coder-latest"), ("coder-latest", "coder-2508"), ("coder-2508", "x"))
    ],
}
HF_ROUTER = {
    "data": [
        {
            "id": "lab/Coder",
            "architecture": {"input_modalities": ["text", "image"]},
            "providers": [
                {
                    "provider": "a",
                    "status": "live",
                    "context_length": 131072,
                    "pricing": {"input": 0.3, "output": 1.2},
                    "supports_tools": True,
                },
                {
                    "provider": "b",
                    "status": "live",
                    "context_length": 65536,
                    "pricing": {"input": 0.3, "output": 1.2},
                    "supports_tools": True,
                },
                {"provider": "c", "status": "live", "context_length": 4096, "supports_tools": False},
                {"provider": "d", "status": "error", "context_length": 2048, "supports_tools": True},
            ],
        }
    ]
}
VENICE = {
    "data": [
        {
            "id": "coder",
            "type": "text",
            "context_length": 131072,
            "model_spec": {
                "availableContextTokens": 131072,
                "maxCompletionTokens": 8192,
                "capabilities": {"supportsFunctionCalling": True, "supportsVision": False},
                "pricing": {"input": {"usd": 0.7, "diem": 0.7}, "output": {"usd": 2.8, "diem": 2.8}},
            },
        }
    ]
}
COPILOT = {
    "data": [
        {
            "id": "coder",
            "capabilities": {
                "type": "chat",
                "limits": {
                    "max_context_window_tokens": 128000,
                    "max_prompt_tokens": 64000,
                    "max_output_tokens": 16384,
                },
                "supports": {"tool_calls": True, "vision": True, "streaming": True},
            },
        }
    ]
}
PERPLEXITY = {"data": [{"id": "sonar", "pricing": {"input": 1, "output": 1.5, "unit": "usd_per_1m_tokens"}}]}
FIREWORKS = {
    "data": [
        {
            "id": "accounts/lab/models/coder",
            "context_length": 131072,
            "supports_chat": True,
            "supports_image_input": False,
            "supports_tools": True,
        }
    ]
}
VLLM = {"data": [{"id": "lab/coder", "owned_by": "vllm", "root": "lab/coder", "max_model_len": 32768}]}
LLAMA_CPP = {
    "models": [{"name": "coder.gguf", "model": "coder.gguf", "capabilities": ["completion", "multimodal"]}],
    "object": "list",
    "data": [{"id": "coder.gguf", "owned_by": "llamacpp", "meta": {"n_ctx": 8192, "n_ctx_train": 131072}}],
}
LM_STUDIO = {
    "data": [
        {
            "id": "lab/coder",
            "type": "vlm",
            "state": "loaded",
            "max_context_length": 131072,
            "loaded_context_length": 4096,
            "capabilities": ["tool_use"],
        },
        {"id": "embed", "type": "embeddings", "state": "not-loaded", "max_context_length": 2048},
    ]
}
LM_STUDIO_V1 = {
    "models": [
        {
            "type": "llm",
            "key": "lab/coder",
            "loaded_instances": [{"id": "lab/coder", "config": {"context_length": 8192}}],
            "max_context_length": 131072,
            "capabilities": {"vision": False, "trained_for_tool_use": True},
        }
    ]
}
LITELLM = {
    "data": [
        {
            "model_name": "coder",
            "litellm_params": {"model": "openai/coder", "api_base": "https://up.example"},
            "model_info": {
                "id": "f3b0",
                "mode": "chat",
                "max_tokens": 16384,
                "max_input_tokens": 128000,
                "max_output_tokens": 16384,
                "input_cost_per_token": 2.5e-06,
                "output_cost_per_token": 1e-05,
                "cache_read_input_token_cost": 1.25e-06,
                "supports_function_calling": True,
                "supports_vision": None,
            },
        }
    ]
}
GEMINI_NATIVE = {
    "models": [
        {
            "name": "models/flash",
            "inputTokenLimit": 1048576,
            "outputTokenLimit": 65536,
            "supportedGenerationMethods": ["generateContent"],
        }
    ],
    "nextPageToken": "a/b",
}
GEMINI_OPENAI = {"object": "list", "data": [{"id": "models/flash", "object": "model", "owned_by": "google"}]}
CLOUDFLARE = {
    "success": True,
    "errors": [],
    "result": [
        {
            "id": "41975cc2-0000",
            "name": "@cf/lab/coder",
            "task": {"name": "Text Generation"},
            "properties": [
                {"property_id": "context_window", "value": "24000"},
                {"property_id": "function_calling", "value": "true"},
                {
                    "property_id": "price",
                    "value": [
                        {"unit": "per M input tokens", "price": 0.293, "currency": "USD"},
                        {"unit": "per M output tokens", "price": 2.253, "currency": "USD"},
                        {"unit": "per step", "price": 9, "currency": "USD"},
                    ],
                },
            ],
        }
    ],
}
ANTHROPIC = {
    "data": [{"type": "model", "id": "large", "max_input_tokens": 200000, "max_tokens": 64000}],
    "has_more": True,
    "first_id": "large",
    "last_id": "large",
}
GROQ = {
    "data": [
        {"id": "coder", "active": True, "context_window": 131072, "max_completion_tokens": 32768},
        {"id": "old", "active": False, "context_window": 0, "max_completion_tokens": 0},
    ]
}
XAI = {
    "models": [
        {
            "id": "coder",
            "aliases": ["coder-latest"],
            "input_modalities": ["text", "image"],
            "prompt_text_token_price": 30000,
            "cached_prompt_text_token_price": 7500,
            "completion_text_token_price": 150000,
        }
    ]
}
VERCEL = {
    "data": [
        {
            "id": "lab/coder",
            "context_window": 200000,
            "max_tokens": 64000,
            "type": "language",
            "tags": ["tool-use", "vision"],
            "pricing": {"input": "0.000003", "output": "0.000015", "input_cache_read": "0.0000003"},
        }
    ]
}
SHAPES: dict[str, tuple[object, list[ModelFacts]]] = {
    "openai": (OPENAI, [ModelFacts("big")]),
    "openrouter": (
        OPENROUTER,
        [
            ModelFacts("lab/coder", 200000, 64000, 0.8, 4.0, 0.08, 1.0, True, True),
            ModelFacts("lab/free:free", 8192, None, 0.0, 0.0, None, None, False, False),
            ModelFacts("router/auto", 2000000),
        ],
    ),
    "together": (
        TOGETHER,
        [
            ModelFacts("lab/Coder-70B", 131072, None, 0.88, 0.9),
            ModelFacts("lab/bert", 512, None, 0.008, 0.0, tool_support=False),
        ],
    ),
    "mistral": (
        MISTRAL,
        [
            ModelFacts("coder-2508", 256000, image_support=False, tool_support=True),
            ModelFacts("coder-latest", 256000, image_support=False, tool_support=True),
        ],
    ),
    "huggingface": (HF_ROUTER, [ModelFacts("lab/Coder", 65536, None, 0.3, 1.2, None, None, True, True)]),
    "venice": (VENICE, [ModelFacts("coder", 131072, 8192, 0.7, 2.8, None, None, False, True)]),
    "copilot": (COPILOT, [ModelFacts("coder", 64000, 16384, image_support=True, tool_support=True)]),
    "perplexity": (PERPLEXITY, [ModelFacts("sonar", None, None, 1.0, 1.5)]),
    "fireworks": (
        FIREWORKS,
        [ModelFacts("accounts/lab/models/coder", 131072, image_support=False, tool_support=True)],
    ),
    "vllm": (VLLM, [ModelFacts("lab/coder", 32768)]),
    "llama.cpp": (LLAMA_CPP, [ModelFacts("coder.gguf", 8192, image_support=True)]),
    "lm studio": (
        LM_STUDIO,
        [
            ModelFacts("lab/coder", 4096, image_support=True, tool_support=True),
            ModelFacts("embed", 2048, tool_support=False),
        ],
    ),
    "lm studio v1": (LM_STUDIO_V1, [ModelFacts("lab/coder", 8192, image_support=False, tool_support=True)]),
    "litellm": (LITELLM, [ModelFacts("coder", 128000, 16384, 2.5, 10.0, 1.25, None, None, True)]),
    "gemini native": (GEMINI_NATIVE, [ModelFacts("flash", 1048576, 65536)]),
    "gemini openai": (GEMINI_OPENAI, [ModelFacts("flash")]),
    "cloudflare": (CLOUDFLARE, [ModelFacts("@cf/lab/coder", 24000, None, 0.293, 2.253, tool_support=True)]),
    "anthropic": (ANTHROPIC, [ModelFacts("large", 200000, 64000)]),
    "groq": (GROQ, [ModelFacts("coder", 131072, 32768), ModelFacts("old")]),
    "xai": (XAI, [ModelFacts("coder", None, None, 3.0, 15.0, 0.75, None, True)]),
    "vercel": (VERCEL, [ModelFacts("lab/coder", 200000, 64000, 3.0, 15.0, 0.3, None, True, True)]),
    "ids alone": ({"models": ["a", "b"]}, [ModelFacts("a"), ModelFacts("b")]),
    "nothing pulled": ({"object": "list", "data": []}, []),
    "nothing pulled, as null": ({"object": "list", "data": None}, []),
}
