"""The IVR tree as a Mermaid diagram: text that wikis and repositories draw."""

from channels.ivr_tree import IvrStep, IvrTree, StepKind

_SHAPES = {
    StepKind.MENU: ("{{", "}}"), StepKind.INFORMATION: ("[", "]"), StepKind.TRANSACTION: ("[/", "/]"),
    StepKind.CAMPAIGN: ("([", "])"), StepKind.PERSON: ("((", "))"),
}  # fmt: skip


def mermaid(tree: IvrTree) -> str:
    """The diagram: a shape for each kind of place, and on each arrow the key that leads there."""
    lines = [
        f"%% {tree.campaign}, versión {tree.version}, contenido: {tree.approval}",
        "flowchart LR",
        *(f"  {_node(step)}" for step in tree.steps),
    ]
    for step in tree.steps:
        lines += [f"  {step.id} -->|{option.key}| {option.leads_to}" for option in step.options]
    return "\n".join(lines) + "\n"


def _node(step: IvrStep) -> str:
    left, right = _SHAPES[step.kind]
    title = step.title.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
    return f'{step.id}{left}"{title}"{right}'
