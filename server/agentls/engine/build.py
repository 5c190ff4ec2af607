"""Builds an engine for this process from its environment. Knows every adapter of the world by name."""

from __future__ import annotations

import random
from collections.abc import Mapping

from agentls.engine.engine import Engine
from agentls.engine.publisher import Publisher
from agentls.engine.world import World
from agentls.world.clock import SystemClock
from agentls.world.data_dir import data_dir
from agentls.world.http import HttpClient
from agentls.world.ids import RandomIds
from agentls.world.journal import Journal


def build_engine(publisher: Publisher, environment: Mapping[str, str]) -> Engine:
    """The engine; its journal is in the data folder that `environment` names. Never raises for a bad folder."""
    folder = data_dir(environment)
    world = World(
        clock=SystemClock(),
        ids=RandomIds(),
        journal=Journal.open(folder),
        http=HttpClient(),
        data_dir=folder,
        environment=dict(environment),
        random=random.SystemRandom().random,
    )
    return Engine(world, publisher)
