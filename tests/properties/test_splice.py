"""Putting bytes between bytes does what changing the tree would, and nothing where nothing is asked."""

from __future__ import annotations

from xml.etree.ElementTree import Element, canonicalize, fromstring, tostring

from hypothesis import given
from hypothesis import strategies as st

from xlkpi.workbook.patch.splice import Document, Node

NAMES = ("row", "c", "v", "x:is", "mc:Choice")
TEXT = st.text(st.sampled_from("ab 12<>&\"'格\n"), max_size=6)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").replace("'", "&#39;")


@st.composite
def elements(draw: st.DrawFn, depth: int = 0) -> str:
    """An element as one program or another writes it."""
    name = draw(st.sampled_from(NAMES))
    attributes = ""
    for key in draw(st.lists(st.sampled_from(["r", "s", "x:t", "spans"]), unique=True, max_size=3)):
        quote = draw(st.sampled_from("\"'"))
        value = draw(TEXT).replace("\n", " ")
        value = value.replace("&", "&amp;").replace("<", "&lt;").replace(quote, "&#34;" if quote == '"' else "&#39;")
        attributes += (
            draw(st.sampled_from([" ", "  ", "\n "]))
            + f"{key}{draw(st.sampled_from(['=', ' = ']))}{quote}{value}{quote}"
        )
    if draw(st.booleans()):
        return f"<{name}{attributes}{draw(st.sampled_from(['/>', ' />']))}"
    inside = [TEXT.map(escaped), st.sampled_from(["<!-- <c> -->", "<![CDATA[<c r='1'/>]]>", "<?p <c ?>"])]
    inner = draw(st.lists(st.one_of(*inside, *([elements(depth + 1)] if depth < 3 else [])), max_size=4))
    return f"<{name}{attributes}>{''.join(inner)}</{name}>"


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    inner = "".join(draw(st.lists(elements(), max_size=4)))
    head = draw(st.sampled_from(["", '<?xml version="1.0"?>\n', "\ufeff"]))
    return f'{head}<sheet xmlns="u:m" xmlns:x="u:x" xmlns:mc="u:mc" mc:Ignorable="x">{inner}</sheet>\n'.encode()


def both(data: bytes) -> tuple[Document, list[Node], Element, list[Element]]:
    document, tree = Document(data), fromstring(data)
    nodes, twins = list(document.nodes), list(tree.iter())
    assert [node.local for node in nodes] == [twin.tag.rpartition("}")[2] for twin in twins]
    return document, nodes, tree, twins


def same(made: bytes, tree: Element) -> None:
    plain = canonicalize(tostring(fromstring(made), "unicode"), rewrite_prefixes=True)
    assert plain == canonicalize(tostring(tree, "unicode"), rewrite_prefixes=True)


@given(documents())
def test_nothing_asked_nothing_changed(data: bytes) -> None:
    assert Document(data).render() == data


@given(documents(), st.data())
def test_attributes_and_children_land_where_the_tree_has_them(data: bytes, choose: st.DataObject) -> None:
    document, nodes, tree, twins = both(data)
    for at in choose.draw(st.lists(st.integers(0, len(nodes) - 1), unique=True, max_size=4)):
        value = choose.draw(TEXT).replace("\n", " ")
        nodes[at].changed["s"] = value
        twins[at].set("s", value)
        if choose.draw(st.booleans()):
            nodes[at].last += f"<{nodes[at].prefix}new n='1'/>"
            space = twins[at].tag.rpartition("}")[0] + "}"
            twins[at].append(Element(f"{space}new", {"n": "1"}))
    same(document.render(), tree)


@given(documents(), st.data())
def test_what_is_taken_out_is_gone_and_the_rest_stays(data: bytes, choose: st.DataObject) -> None:
    document, nodes, tree, twins = both(data)
    outer = [at for at, node in enumerate(nodes) if node in document.root.children]
    for at in choose.draw(st.lists(st.sampled_from(outer), unique=True)) if outer else []:
        nodes[at].replacement = ""
        twin = twins[at]
        before = list(tree).index(twin)
        if twin.tail and before:  # the words behind it are its parent's
            list(tree)[before - 1].tail = (list(tree)[before - 1].tail or "") + twin.tail
        elif twin.tail:
            tree.text = (tree.text or "") + twin.tail
        tree.remove(twin)
    same(document.render(), tree)
