"""What local servers say of the model they run, in bytes of our own."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentls.chat.models.server_word import ServerWord, with_running, word_of_loaded, word_of_props, word_of_show


@pytest.mark.parametrize(
    ("props", "word"),
    [
        ({"default_generation_settings": {"n_ctx": 4096}}, ServerWord("/props", 4096, is_loaded=True)),
        (
            {"default_generation_settings": {}, "n_ctx": "512", "chat_template_caps": {"supports_tools": False}},
            ServerWord("/props", 512, tool_support=False, is_loaded=True),
        ),
        (
            {
                "default_generation_settings": {"n_ctx": 0},
                "chat_template_caps": {"supports_tools": True, "supports_tool_calls": False},
                "modalities": {"vision": True, "audio": False},
            },
            ServerWord("/props", None, tool_support=False, image_support=True, is_loaded=True),
        ),
        ({"error": {"message": "off"}}, None),
        ([], None),
    ],
)
def test_the_properties_of_llama_cpp(props: object, word: ServerWord | None) -> None:
    assert word_of_props(json.dumps(props).encode()) == word


@pytest.mark.parametrize(
    ("shown", "word"),
    [
        (
            {"model_info": {"llama.context_length": 8192}, "parameters": "temperature 1\nnum_ctx 2048"},
            ServerWord("/api/show", 2048, 8192),
        ),
        (
            {"capabilities": ["completion"], "parameters": 'stop "num_ctx 5"\nnum_ctx many'},
            ServerWord("/api/show", tool_support=False, image_support=False),
        ),
        (
            {"capabilities": ["completion", "vision", "tools"], "model_info": {"x.context_length": None}},
            ServerWord("/api/show", tool_support=True, image_support=True),
        ),
        ({"error": "model 'm' not found"}, None),
    ],
)
def test_what_ollama_shows(shown: object, word: ServerWord | None) -> None:
    assert word_of_show(json.dumps(shown).encode()) == word


def test_a_model_that_lm_studio_has_not_loaded_has_no_window_yet() -> None:
    body = json.dumps({"data": [{"id": "m", "state": "not-loaded", "max_context_length": 131072}]}).encode()
    word = word_of_loaded(body, "m")
    assert word == ServerWord("/api/v0/models", None, 131072, is_loaded=False)
    assert word_of_loaded(body, "other") is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["m", "loaded", "num_ctx 5"]),
    lambda parts: (
        st.lists(parts, max_size=3)
        | st.dictionaries(
            st.sampled_from(["models", "model", "name", "data", "id", "state", "capabilities", "parameters", "n_ctx"])
            | st.sampled_from(["model_info", "a.context_length", "default_generation_settings", "modalities"])
            | st.sampled_from(["chat_template_caps", "supports_tools", "vision", "context_length"]),
            parts,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(st.binary() | _JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_give_a_word_or_none(body: bytes) -> None:
    words = [word_of_props(body), word_of_show(body), word_of_loaded(body, "m")]
    words.append(with_running(ServerWord("/api/show"), body, "m"))
    for word in words:
        assert word is None or word.context_window is None or word.context_window > 0
