"""One spelling of XML: what the standard library's own, slower function gives."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from shared.monthly import Monthly

from xlkpi.workbook.canonical import canonical
from xlkpi.workbook.package import unpack

_EMPTY = re.compile(r'<([\w:.]+)((?: [\w:.]+="[^"]*")*)></\1>')


def expected(part: str) -> str:
    return _EMPTY.sub(r"<\1\2/>", ElementTree.canonicalize(part))


@pytest.mark.parametrize(
    "part",
    [
        "<a/>",
        "<a></a>",
        "<a> </a>",
        '<a c="1" b="2"/>',
        "<a b='x \"y\" &lt;&amp;&gt;&#9;&#10;&#13;'>&amp;&lt;&gt;&#13;\"'</a>",
        '<a xmlns="u"><b xmlns="u"/><c xmlns="w"><d/></c></a>',
        '<a xmlns="u" xmlns:r="v" xmlns:unused="w"><b r:id="1" id="2"/><b r:id="3"/><r:c><r:d/></r:c></a>',
        '<a xmlns="u" xmlns:z="b" xmlns:y="c"><b y:a="1" z:b="2" c="3" z:a="4"/></a>',
        '<r:a xmlns:r="u"><r:b xmlns:r="v"><r:c/></r:b><r:d/></r:a>',
        '<a xmlns="u"><b xmlns=""><c/></b></a>',
        '<a><t xml:space="preserve"> x </t></a>',
        "<a><!-- no -->x<![CDATA[<&>]]>y</a>",
        "<a>中文\U0001f697&#x4e2d;</a>",
    ],
)
def test_a_spelling(part: str) -> None:
    assert canonical(part.encode()) == expected(part)


def test_every_part_of_a_master(dealership: Monthly) -> None:
    """As openpyxl writes them: the master's own are canonical already, and stay what they are."""
    book = Workbook()
    book.active["A1"] = " a\n<b> & \"c\" 'd' "
    buffer = io.BytesIO()
    book.save(buffer)
    for data in (buffer.getvalue(), dealership.issue.master):
        for name, part in unpack(data).items():
            if name.endswith((".xml", ".rels")):
                assert canonical(part) == expected(part.decode()), name


NAMES = st.sampled_from(["a", "b", "r:a", "s:b"])
TEXTS = st.text(st.sampled_from("ab <>&\"'\t\n\r中"), max_size=6)
ATTRIBUTES = st.dictionaries(st.sampled_from(["x", "y", "r:x", "s:x", "s:y", "xml:space"]), TEXTS, max_size=4)


def _element(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def spelled(name: str, attributes: dict[str, str], inside: list[str]) -> str:
        written = "".join(f' {key}="{_spelled(value)}"' for key, value in attributes.items())
        return f"<{name}{written}>{''.join(inside)}</{name}>"

    return st.builds(spelled, NAMES, ATTRIBUTES, st.lists(st.one_of(children, TEXTS.map(_spelled)), max_size=3))


def _spelled(text: str) -> str:
    return "".join(f"&#{ord(sign)};" if sign in "<>&\"'\t\n\r" else sign for sign in text)


@given(st.recursive(TEXTS.map(_spelled), _element, max_leaves=8))
def test_any_tree(inside: str) -> None:
    part = f'<root xmlns="u" xmlns:r="v" xmlns:s="w">{inside}</root>'
    assert canonical(part.encode()) == expected(part)
