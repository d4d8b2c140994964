"""Runs in the engine's Python: `handle_message` in process, the yardstick of benchmarks/turns.py.

python benchmarks/in_process.py MODEL ACTIONS_URL < one JSON message a line  -> milliseconds, one a line
"""

import asyncio
import json
import logging
import sys
import time

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.utils.endpoints import EndpointConfig
from rasa.utils.log_utils import configure_structlog


async def main() -> None:
    """Handle every message of standard input; print how long each took."""
    configure_structlog(logging.WARNING)
    agent = Agent.load(sys.argv[1], action_endpoint=EndpointConfig(url=sys.argv[2]))
    for line in sys.stdin:
        body = json.loads(line)
        message = UserMessage(body["message"], CollectingOutputChannel(), body["sender"], metadata=body["metadata"])
        started = time.perf_counter()
        await agent.handle_message(message)
        print(f"took {(time.perf_counter() - started) * 1000:.3f}", flush=True)


asyncio.run(main())
