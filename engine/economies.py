"""What Rasa 3.6.21 does again at every turn though it need be done once. What it answers stays the same.

Milliseconds of processor time, found with cProfile on a turn of `derechohabiente` late in a conversation. A new version
of Rasa needs these looked at again: each names what it replaces.
"""

from functools import cache
from typing import Any

import numpy as np
from jsonschema import ValidationError
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
from rasa.shared.core.events import Event


def spare_what_repeats() -> None:
    """For the whole process; before the first turn."""
    _check_answers_of_actions_with_one_validator()
    _find_kinds_of_events_once()


def _check_answers_of_actions_with_one_validator() -> None:
    """27 of 34 ms: `jsonschema.validate` first checks the schema itself against the draft's own, at each answer."""
    schema = RemoteAction.action_response_format_spec()
    validator = validator_for(schema)(schema)
    validator.check_schema(schema)

    def check(action: RemoteAction, result: dict[str, Any]) -> bool:
        for error in validator.iter_errors(result):
            raise ValidationError(f"«{action.name()}» answered what Rasa does not understand: {error.message}")
        return True

    RemoteAction._validate_action_result = check


def _find_kinds_of_events_once() -> None:
    """1.3 of 14 ms: each event of a tracker is read by walking all subclasses of `Event`."""
    Event.resolve_by_type = staticmethod(cache(Event.resolve_by_type))


def lay_out_for_reading(agent: Agent) -> None:
    """2 of 13 ms: scipy copies the transposed matrix of coefficients (6 MB) at each sentence, unless in this order."""
    for node in agent.processor.graph_runner._instantiated_nodes.values():
        if isinstance(node._component, LogisticRegressionClassifier):
            node._component.clf.coef_ = np.asfortranarray(node._component.clf.coef_)
