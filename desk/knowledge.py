"""Search in the authorised answers, for people at the desk: by words, topic and kind of matter, forgiving slips."""

from collections.abc import Sequence
from typing import Any

from rapidfuzz import fuzz

from content.articles import Article
from conversation.folding import folded

MOST = 10
CLOSE_ENOUGH = 80.0
"""Similarity from 0 to 100 from which a word counts as found: «vijencia» finds «vigencia»."""
SHORTEST_WORD = 3
_TITLE_WEIGHT = 3.0
_FILLERS = frozenset(
    {
        "como", "con", "cual", "cuales", "cuando", "del", "donde", "las", "los", "mas", "para", "por", "puedo", "que",
        "quiero", "una", "uno",
    }
)  # fmt: skip
"""Words that every question has and no article is about."""


def search(articles: Sequence[Article], words: str, topic: str = "", kind: str = "") -> list[Article]:
    """Articles in which most of the words are found, the best first; without words all that fit topic and kind.

    «¿Cómo cambio de clínica?» is asked as the citizen asks it: no article needs to have every word.
    """
    fitting = [one for one in articles if topic in ("", one.topic) and kind in ("", one.normativa)]
    wanted = [word for word in folded(words).split() if len(word) >= SHORTEST_WORD and word not in _FILLERS]
    if not wanted:
        return list(fitting[:MOST])
    scored = [(*_score(one, wanted), one) for one in fitting]
    most = max((found for found, _, _ in scored), default=0)
    best = [(total, one) for found, total, one in scored if most and found == most]
    best.sort(key=lambda entry: (-entry[0], entry[1].topic))
    return [one for _, one in best[:MOST]]


def as_shown(article: Article) -> dict[str, Any]:
    """One article for the page."""
    return {
        "topic": article.topic, "title": article.title, "kind": article.normativa, "tramite": article.tramite,
        "text": article.body, "link": article.link, "version": article.version, "approval": article.approval,
    }  # fmt: skip


def _score(article: Article, wanted: Sequence[str]) -> tuple[int, float]:
    """How many of the words are found, and how well."""
    title = folded(f"{article.title} {article.tramite} {article.topic.replace('_', ' ')}").split()
    body = folded(f"{article.normativa} {article.body}").split()
    scores = [max(_found(word, title) * _TITLE_WEIGHT, _found(word, body)) for word in wanted]
    return sum(score > 0 for score in scores), sum(scores)


def _found(word: str, words: Sequence[str]) -> float:
    best = max((fuzz.ratio(word, one) for one in words), default=0.0)
    begins = any(one.startswith(word) for one in words)
    return 100.0 if begins else best if best >= CLOSE_ENOUGH else 0.0
