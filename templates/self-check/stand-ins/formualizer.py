"""In the page the compiled engine reads formulas in the place of formualizer, for the two things that checking asks:
which names stand in a formula, and what arithmetic comes to that a dealer typed."""

from xlkpi.scoring.compiled.excel import ExcelError
from xlkpi.scoring.compiled.shapes import NAMESPACE, ShapeWriter
from xlkpi.scoring.compiled.syntax import Binary, Call, Reference, Unary
from xlkpi.scoring.compiled.syntax import parse as tree_of


class Tree:
    """A formula's tree."""

    def __init__(self, node):
        self.node = node

    def to_dict(self):
        """The tree as plain data, as far as anybody looks at it."""
        return _plain(self.node)


def parse(formula):
    """The tree of a formula with its equals sign. Raises ValueError where it is none."""
    return Tree(tree_of(formula[1:]))


def _plain(node):
    match node:
        case Reference(text, sheet):
            return {"node_type": "Reference", "reference": f"{sheet}!{text}" if sheet else text}
        case Call(function, arguments):
            return {"node_type": "Function", "name": function, "args": [_plain(inner) for inner in arguments]}
        case Binary(_, left, right):
            return {"node_type": "Binary", "parts": [_plain(left), _plain(right)]}
        case Unary(_, operand):
            return {"node_type": "Unary", "parts": [_plain(operand)]}
    return {"node_type": "Literal"}


def EvaluationConfig():
    """Nothing is to be set."""
    return type("EvaluationConfig", (), {})()


def WorkbookConfig(eval_config):
    """Nothing is to be set."""
    return eval_config


class Workbook:
    """One cell with a formula that names nothing."""

    def __init__(self, config):
        self.formula = ""

    def add_sheet(self, name):
        """There is but one cell."""

    def set_formula(self, sheet, row, column, formula):
        """Set the cell's formula."""
        self.formula = formula[1:]

    def evaluate_cell(self, sheet, row, column):
        """What the formula comes to; an error's code where it has no result."""
        space = dict(NAMESPACE)
        exec(ShapeWriter("cell", 0).source(tree_of(self.formula)), space)  # noqa: S102 - our own source, of arithmetic
        try:
            return space["cell"](())
        except ZeroDivisionError:
            return "#DIV/0!"
        except (ExcelError, OverflowError):
            return "#NUM!"
