"""Rasa itself carries the page of a reply: what an action sends arrives as `dialogue.rasa_engine` reads it."""

import json
import subprocess
from pathlib import Path

from rasa_sdk.executor import CollectingDispatcher

from conversation.message import Choice, Document, Reply
from conversation.ports import Answered
from dialogue.rasa_engine import read_answer
from dialogue.wire import TurnReport

ROOT = Path(__file__).resolve().parent.parent.parent
ENGINE_PYTHON = ROOT / ".venv-engine" / "bin" / "python"
PAGE = Document(title="Trámite en línea", url="https://www.imss.gob.mx/tramites")
SEND = """
import asyncio, json, sys
from rasa.core.actions.action import RemoteAction
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.shared.core.trackers import DialogueStateTracker

async def sent(responses):
    channel, tracker = CollectingOutputChannel(), DialogueStateTracker("c", [])
    action = RemoteAction("action_informar", None)
    for event in await action._utter_responses(responses, channel, None, tracker):
        await channel.send_response("c", event.message())
    return channel.messages

print(json.dumps(asyncio.run(sent(json.load(sys.stdin)))))
"""


def test_a_page_travels_through_rasa_beside_its_text() -> None:
    dispatcher = CollectingDispatcher()
    dispatcher.utter_message(text="Por internet.", buttons=[], attachment=PAGE.model_dump_json())
    more = [{"title": "No, es todo", "payload": "despedida", "key": ""}]
    dispatcher.utter_message(text="¿Algo más?", buttons=more, attachment=PAGE.model_dump_json())
    dispatcher.utter_message(json_message={"turn": TurnReport().model_dump(mode="json")})
    given = json.dumps(dispatcher.messages)
    command = [ENGINE_PYTHON, "-c", SEND]
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    answer = read_answer(json.loads(done.stdout.splitlines()[-1]))
    assert isinstance(answer, Answered)
    assert answer.replies == (
        Reply(text="Por internet.", document=PAGE),
        Reply(text="¿Algo más?", choices=(Choice(id="despedida", title="No, es todo"),), document=PAGE),
    )
