"""Which commands there are."""

from agentls.protocol.commands import ADVERTISED, is_method_command
from agentls.protocol.registry import REQUESTS


def test_every_request_but_the_one_with_a_secret_is_a_command() -> None:
    refused = [method for method in REQUESTS if not is_method_command(method, REQUESTS)]
    assert refused == ["agent/provider/setKey"]


def test_an_advertised_command_is_no_method() -> None:
    assert [name for name in ADVERTISED if is_method_command(name, REQUESTS)] == []
