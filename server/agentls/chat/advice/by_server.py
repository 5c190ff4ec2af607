"""What to do about a failure on one kind of server, as data.

Knows (code, kind) and nothing of requests. Invariant: `{model}` is the only part filled in, and every sentence
stays under 300 characters with a model's name in it.
"""

from typing import Final

BY_SERVER: Final = {
    ("auth", "azure"): "Check that the key belongs to this Azure resource and region: each resource has keys of its"
    " own, on its page “Keys and Endpoint” in the Azure portal.",
    ("auth", "cloudflare"): "Check that the API token has the Workers AI permission and that the account ID in the"
    " base URL is the account it was made for.",
    ("auth", "nim"): "Check the key: it starts with nvapi- and is made at build.nvidia.com/settings/api-keys; some"
    " models also ask the account to accept their terms on build.nvidia.com first.",
    ("auth", "databricks"): "Check the token: a personal access token of this very workspace, with permission to"
    " query the serving endpoint.",
    ("auth", "openwebui"): "Use an API key made in Open WebUI (Settings, Account); the keys of the models behind it do"
    " not work here.",
    ("auth", "newapi"): "Use a token made in this gateway's own console; it must be enabled, unexpired and allowed to"
    " use the model.",
    ("auth", "litellm"): "Use a key of the LiteLLM proxy (its master key or a virtual key), not the key of the"
    " provider behind it; a virtual key must also be allowed to use the model.",
    ("modelNotFound", "ollama"): "Pull the model first: ollama pull {model}. `ollama list` shows what is there.",
    ("modelNotFound", "lmstudio"): "Load the model in LM Studio (Developer tab, or lms load), or allow loading on"
    " demand there, and use the identifier that it shows.",
    ("modelNotFound", "llamacpp"): "Use a model that llama-server was started with; GET /v1/models lists them.",
    ("modelNotFound", "vllm"): "Use the name vLLM was started with (--served-model-name, else the model path);"
    " GET /v1/models lists it.",
    ("modelNotFound", "sglang"): "Use the name SGLang was started with (--served-model-name, else the model path);"
    " GET /v1/models lists it.",
    ("modelNotFound", "azure"): "On Azure the model ID is the name of your deployment, not of the model: look it up"
    " under Deployments, and check that it belongs to the resource in the base URL.",
    ("modelNotFound", "openrouter"): "Use the whole ID with the vendor, as on openrouter.ai/models, such as"
    " openai/gpt-4.1; the model may also have been withdrawn.",
    ("modelNotFound", "together"): "Use a serverless model's whole ID from api.together.ai/models, or start a"
    " dedicated endpoint for this one.",
    ("modelNotFound", "fireworks"): "Use the whole ID (accounts/fireworks/models/ and the name) of a model that"
    " fireworks.ai/models marks as serverless, or deploy it in your account.",
    ("modelNotFound", "perplexity"): "Use one of Perplexity's current model names (docs.perplexity.ai lists them),"
    " such as sonar-pro.",
    ("modelNotFound", "huggingface"): "Use a model that one of your enabled inference providers serves"
    " (huggingface.co/models?inference_provider=all), or enable more in huggingface.co/settings/inference-providers.",
    ("modelNotFound", "nim"): "Choose a model that your account can call on build.nvidia.com: the list names more"
    " models than each account is given, and old ones are withdrawn.",
    ("modelNotFound", "cloudflare"): "Use the whole model name with its prefix, such as"
    " @cf/meta/llama-3.3-70b-instruct-fp8-fast, from developers.cloudflare.com/workers-ai/models.",
    ("modelNotFound", "litellm"): "Use a model_name from the proxy's config.yaml; GET /v1/models lists those your key"
    " may use.",
    ("modelNotFound", "newapi"): "No channel of this gateway serves the model to your group: choose one that its"
    " GET /v1/models lists, or have a channel added.",
    ("modelNotFound", "databricks"): "On Databricks the model ID is the name of the serving endpoint, as on the"
    " workspace's Serving page.",
    ("modelNotFound", "anyscale"): "Anyscale closed its shared Endpoints API on 1 August 2024: use the model name of"
    " your own Anyscale service, or another provider.",
    ("modelNotFound", "tabbyapi"): "Load a model in TabbyAPI first (config.yml, or its admin API).",
    ("modelNotFound", "textgen"): "Load a model in the Model tab of text-generation-webui first, or start it with"
    " --model.",
    ("modelNotFound", "localai"): "Install the model in LocalAI first (local-ai models install) and use the name its"
    " configuration gives; GET /v1/models lists it.",
    ("toolsUnsupported", "ollama"): "Choose a model whose page on ollama.com carries the tools label; ollama show"
    " {model} lists its capabilities.",
    ("toolsUnsupported", "vllm"): "Restart vLLM with --enable-auto-tool-choice and --tool-call-parser for the model's"
    " family, such as hermes for Qwen or llama3_json for Llama 3.",
    ("toolsUnsupported", "nim"): "Choose a model with tool calling on build.nvidia.com; a NIM of your own needs"
    " --enable-auto-tool-choice and --tool-call-parser for the model's family.",
    ("toolsUnsupported", "sglang"): "Restart SGLang with --tool-call-parser set to the model's family, such as qwen25"
    " or llama3.",
    ("toolsUnsupported", "llamacpp"): "Restart llama-server with --jinja, and with a model whose chat template knows"
    " tools.",
    ("toolsUnsupported", "lmstudio"): "Choose a model that LM Studio marks with the tool badge, and update LM Studio"
    " and its runtimes.",
    ("toolsUnsupported", "openrouter"): "Choose a model from openrouter.ai/models?supported_parameters=tools, or allow"
    " more providers for it in openrouter.ai/settings/preferences.",
    ("toolsUnsupported", "perplexity"): "Perplexity's Sonar models take no tools: choose a model of another provider"
    " for agent work.",
    ("toolsUnsupported", "groq"): "Choose a model that console.groq.com/docs/tool-use lists.",
    ("toolsUnsupported", "together"): "Choose a model that docs.together.ai lists under function calling.",
    ("toolsUnsupported", "azure"): "Set azureApiVersion to a newer version (2024-10-21 or later), and use a deployment"
    " of a model with tool calling.",
    ("toolsUnsupported", "deepseek"): "Choose DeepSeek's chat model: this reasoning model takes no tools.",
    ("toolsUnsupported", "huggingface"): "Choose a model and provider with tool support, or write the provider after"
    " the model's name with a colon, such as :together.",
    ("toolsUnsupported", "tgi"): "Choose a model whose chat template knows tools and a current TGI: it parses the"
    " calls of few model families.",
    ("contextLength", "ollama"): "Raise the context of the running model (num_ctx in its Modelfile, or"
    " OLLAMA_CONTEXT_LENGTH before ollama serve), or send less.",
    ("contextLength", "lmstudio"): "Reload the model in LM Studio with a larger context length, or send less.",
    ("contextLength", "llamacpp"): "Restart llama-server with a larger --ctx-size (it is shared among --parallel"
    " slots), or send less.",
    ("contextLength", "vllm"): "Raise vLLM's --max-model-len, lower maxOutputTokens (it counts too), or send less.",
    (
        "contextLength",
        "sglang",
    ): "Raise SGLang's --context-length, lower maxOutputTokens (it counts too), or send less.",
    ("contextLength", "tgi"): "Raise TGI's --max-total-tokens and --max-input-tokens, lower maxOutputTokens (it counts"
    " too), or send less.",
    ("contextLength", "tabbyapi"): "Raise max_seq_len in TabbyAPI's config.yml, or send less.",
    ("contextLength", "koboldcpp"): "Restart KoboldCpp with a larger --contextsize, or send less.",
    ("contextLength", "textgen"): "Reload the model in text-generation-webui with a larger ctx-size, or send less.",
    ("contextLength", "localai"): "Raise context_size in the model's LocalAI configuration, or send less.",
    ("emptyResponse", "lmstudio"): "Reload the model in LM Studio with a larger context length: an overflow can end in"
    " an empty answer.",
    ("emptyResponse", "ollama"): "Raise the context of the running model (num_ctx, or OLLAMA_CONTEXT_LENGTH): Ollama"
    " cuts what does not fit without a word, and the model then says nothing.",
    ("rateLimit", "openrouter"): "Wait and try again; free models have a daily limit that grows once credits were"
    " bought (openrouter.ai/settings/credits), and rateLimitS spaces out requests.",
    ("rateLimit", "groq"): "Wait and try again, lower maxOutputTokens (it counts against tokens per minute), or move"
    " to a higher tier at console.groq.com/settings/billing.",
    ("rateLimit", "cerebras"): "Wait and try again; lower maxOutputTokens, which Cerebras counts against tokens per"
    " minute, or set rateLimitS to space out requests.",
    ("rateLimit", "gemini"): "Wait and try again; the free tier allows few requests a minute and a day, which a"
    " billing account raises (aistudio.google.com). rateLimitS spaces out requests.",
    ("rateLimit", "azure"): "Wait and try again, or raise the deployment's tokens per minute in the Azure portal;"
    " lower maxOutputTokens, which counts against them.",
    ("rateLimit", "mistral"): "Wait and try again; the free plan allows about one request a second: set rateLimitS"
    " to 1 or more.",
    ("rateLimit", "nim"): "Wait and try again; the trial service allows about 40 requests a minute: set rateLimitS to"
    " 2 or more.",
    ("rateLimit", "litellm"): "Wait and try again, or raise the key's rpm and tpm limits in the LiteLLM proxy.",
    ("quota", "litellm"): "The key's or team's budget in the LiteLLM proxy is used up: ask whoever runs the proxy to"
    " raise it.",
    ("quota", "newapi"): "The token's or account's quota in this gateway is used up: top it up in the gateway's own"
    " console.",
    ("quota", "azure"): "Raise the subscription's spending limit or quota in the Azure portal; trying again does not"
    " help.",
    ("quota", "databricks"): "Ask the workspace's administrator: the serving endpoint's budget or trial is used up.",
    ("quota", "ollama"): "This model or amount of use needs a paid Ollama plan (ollama.com/upgrade); a model pulled to"
    " this machine is free.",
    ("quota", "openrouter"): "Add credits at openrouter.ai/settings/credits, raise the key's own limit at"
    " openrouter.ai/settings/keys, or lower maxOutputTokens: it counts against the balance.",
    ("quota", "openai"): "Add credits at platform.openai.com/settings/organization/billing; ChatGPT plans do not pay"
    " for the API.",
    ("quota", "huggingface"): "The month's included credits are used up: buy more at huggingface.co/settings/billing.",
    ("quota", "zai"): "Recharge at z.ai/manage-apikey/billing; a Coding Plan works only at the base URL"
    " https://api.z.ai/api/coding/paas/v4.",
    ("overloaded", "ollama"): "The machine is busy with other requests: wait, or raise OLLAMA_NUM_PARALLEL or"
    " OLLAMA_MAX_QUEUE.",
    ("overloaded", "llamacpp"): "Wait: llama-server answers this until its model is loaded.",
    ("server", "ollama"): "Look at Ollama's log (ollama serve prints it); too little memory for the model is the usual"
    " cause.",
    ("server", "lmstudio"): "Look at the log in LM Studio's Developer tab; ejecting and loading the model again often"
    " helps.",
    ("server", "vllm"): "Look at vLLM's log: after “EngineCore” errors the server must be restarted.",
    ("server", "llamacpp"): "Look at the log of llama-server; it says why.",
    ("server", "litellm"): "Look at the LiteLLM proxy's log: the model behind it failed.",
}
