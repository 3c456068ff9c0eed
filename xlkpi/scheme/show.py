"""A scheme as a page that people read, from `templates/reports/scheme.md.j2`."""

from __future__ import annotations

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from xlkpi.resources import templates
from xlkpi.scheme.model import Scheme


def page(scheme: Scheme) -> str:
    """The scheme in Markdown, with source and note of every entry."""
    loader = FileSystemLoader(templates() / "reports")
    environment = Environment(loader=loader, undefined=StrictUndefined, autoescape=False)  # noqa: S701 - Markdown
    return environment.get_template("scheme.md.j2").render(scheme=scheme).rstrip() + "\n"


def coverage(scheme: Scheme) -> str:
    """Each source system with its entries, one line an entry."""
    lines = []
    for key, system in scheme.systems.items():
        covered = [(name, entry) for name, entry in scheme.indicators.items() if entry.system == key]
        lines.append(f"{system.label}（{system.en}）　{len(covered)} 项　来源：{system.source}")
        if system.note:
            lines.append(f"  注：{system.note}")
        for name, entry in covered:
            number = f"{entry.id} " if entry.id else ""
            lines.append(f"  {number}{entry.label or name}　= {entry.definition or entry.formula}　〔{entry.source}〕")
    if scheme.groups:
        lines.append(f"{scheme.title}　考核 {len(scheme.items)} 项，{scheme.points:g} 分")
        lines += [f"  {item.label or item.name} {item.points} 分　〔{item.source}〕" for item in scheme.items]
    return "\n".join(lines) + "\n"
