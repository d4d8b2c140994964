"""YAML in which no key may occur twice: of two, YAML silently keeps the last, and a case or a gate would be lost."""

from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if repeated := next((key for key in keys if keys.count(key) > 1), None):
            raise yaml.constructor.ConstructorError(
                problem=f"«{repeated}» aparece dos veces", problem_mark=node.start_mark
            )
        return super().construct_mapping(node, deep)


def load(text: str) -> Any:
    """What the text says.

    Raises:
        yaml.YAMLError: it is not YAML, or a key occurs twice in one mapping.
    """
    return yaml.load(text, Loader=_Loader)


def why(error: yaml.YAMLError) -> str:
    """Line and reason of an error of `load`, in Spanish as far as it is ours: `línea 3: no es YAML válido (…)`."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    line = f"línea {mark.line + 1}: " if mark else ""
    return f"{line}no es YAML válido ({problem or error})"
