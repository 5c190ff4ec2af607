"""A llama model of a few hundred kilobytes: random weights, and a few habits.

Run by the Python that llama.cpp's server has (it needs `gguf` and numpy): `tiny_model.py FILE`. Knows nothing of the
product. Invariant: the same bytes on every machine. A habit says which byte likes to follow which; the habits make it
say "Hi!" in reply, and keep the strings short that a grammar asks it for.
"""

from __future__ import annotations

import sys
from pathlib import Path

import gguf  # type: ignore[import-not-found]  # installed beside the server, not beside us
import numpy as np  # type: ignore[import-not-found]

WIDTH = 128
FEED_FORWARD = 128
HEADS = 4
BLOCKS = 2
CONTEXT_TOKENS = 65536
SEED = 20260
CONTROL = ("<|endoftext|>", "<|pad|>", "<|im_start|>", "<|im_end|>")
PAIRS = ("th", "he", "in", "er", "an", "re", "on", "at", "en", "es", "or", "te", "is", "it", "le", "ou")
"""Merged by the tokenizer, so that it has something to merge."""
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
HABITS = (
    ("\n", "Hf"),
    ("H", "i"),
    ("i", "!"),
    ("!", ("<|im_end|>", "!")),
    (".", '"l'),
    ('"', ".},:"),
    (":", '"'),
    (",", '"'),
    (" ", '"}'),
    ("{", '"}'),
)
"""What likes to follow a token, the likeliest first; a grammar may rule out the first."""


def main(path: Path) -> None:
    """Write the model."""
    tokens = vocabulary()
    model = gguf.GGUFWriter(path, "llama")
    write_shape(model, tokens)
    write_tokenizer(model, tokens)
    write_weights(model, tokens)
    model.write_header_to_file()
    model.write_kv_data_to_file()
    model.write_tensors_to_file()
    model.close()


def vocabulary() -> list[str]:
    """Every byte, the pairs, the control tokens; in the spelling of byte-level tokenizers."""
    return [*(spelled(byte) for byte in range(256)), *PAIRS, *CONTROL]


def spelled(byte: int) -> str:
    """A byte as byte-level tokenizers write it: itself where it can be seen, else the n-th character from U+0100."""
    if is_seen(byte):
        return chr(byte)
    return chr(256 + sum(not is_seen(other) for other in range(byte)))


def is_seen(byte: int) -> bool:
    """Whether Latin-1 has a visible character for it (the soft hyphen is none)."""
    return 0x21 <= byte <= 0x7E or (0xA1 <= byte <= 0xFF and byte != 0xAD)


def write_shape(model: gguf.GGUFWriter, tokens: list[str]) -> None:
    """The numbers that tell the engine what it loads."""
    model.add_name("tiny")
    model.add_context_length(CONTEXT_TOKENS)
    model.add_embedding_length(WIDTH)
    model.add_feed_forward_length(FEED_FORWARD)
    model.add_block_count(BLOCKS)
    model.add_head_count(HEADS)
    model.add_head_count_kv(HEADS)
    model.add_rope_dimension_count(WIDTH // HEADS)
    model.add_layer_norm_rms_eps(1e-5)
    model.add_vocab_size(len(tokens))
    model.add_file_type(gguf.LlamaFileType.ALL_F32)


def write_tokenizer(model: gguf.GGUFWriter, tokens: list[str]) -> None:
    """Byte-level pair merging, and a chat template."""
    plain = [gguf.TokenType.NORMAL] * (len(tokens) - len(CONTROL))
    model.add_tokenizer_model("gpt2")
    model.add_tokenizer_pre("default")
    model.add_token_list(tokens)
    model.add_token_types([*plain, *[gguf.TokenType.CONTROL] * len(CONTROL)])
    model.add_token_merges([" ".join(pair) for pair in PAIRS])
    model.add_bos_token_id(tokens.index("<|endoftext|>"))
    model.add_eos_token_id(tokens.index("<|im_end|>"))
    model.add_pad_token_id(tokens.index("<|pad|>"))
    model.add_add_bos_token(False)
    model.add_chat_template(TEMPLATE)


def write_weights(model: gguf.GGUFWriter, tokens: list[str]) -> None:
    """Random matrices, small in the blocks, so that the last token has most to say; the habits in the last layer."""
    random = np.random.default_rng(SEED)

    def matrix(rows: int, columns: int, size: float) -> np.ndarray:
        return (random.standard_normal((rows, columns)) * size).astype(np.float32)

    embedding = matrix(len(tokens), WIDTH, 1.0)
    directions = embedding / np.linalg.norm(embedding, axis=1, keepdims=True)
    output = matrix(len(tokens), WIDTH, 0.02)
    for before, followers in HABITS:
        for rank, after in enumerate(followers):
            output[index(tokens, after)] += (3.0 - 0.6 * rank) * directions[index(tokens, before)]
    model.add_tensor("token_embd.weight", embedding)
    model.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    model.add_tensor("output.weight", output)
    for block in range(BLOCKS):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            model.add_tensor(f"blk.{block}.{name}.weight", matrix(WIDTH, WIDTH, 0.02))
        model.add_tensor(f"blk.{block}.ffn_gate.weight", matrix(FEED_FORWARD, WIDTH, 0.02))
        model.add_tensor(f"blk.{block}.ffn_up.weight", matrix(FEED_FORWARD, WIDTH, 0.02))
        model.add_tensor(f"blk.{block}.ffn_down.weight", matrix(WIDTH, FEED_FORWARD, 0.02))
        model.add_tensor(f"blk.{block}.attn_norm.weight", np.ones(WIDTH, np.float32))
        model.add_tensor(f"blk.{block}.ffn_norm.weight", np.ones(WIDTH, np.float32))


def index(tokens: list[str], text: str) -> int:
    """The token of one ASCII character, or of a control word."""
    return tokens.index(spelled(ord(text)) if len(text) == 1 else text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
