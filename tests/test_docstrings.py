"""Public functions are documented: an imperative first line, and the shape of every array that goes in or comes out.

A shape stands in brackets behind the name (``gain : [bs, target]``, or ``gain`` [bs, target] in a sentence), ``[...]``
where any shape does. What a method overrides may say it in its place. Where a function, or its module, says that
arguments broadcast, those that may be numbers (``ArrayLike``) need no shape.
"""

import ast
import re
from functools import cache
from pathlib import Path

import isacsys

PACKAGE = Path(isacsys.__file__).parent
ARRAYS = {"Array", "Complex", "Index", "Flags", "NDArray", "ArrayLike"}
# Reasons: numpy's own signature.
EXEMPT = {"Name.generate_state"}


def is_array(annotation):
    """Return whether a value of this annotation is, or holds, an array."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        annotation = ast.parse(annotation.value, mode="eval").body
    if isinstance(annotation, ast.Name | ast.Attribute):
        return (annotation.id if isinstance(annotation, ast.Name) else annotation.attr) in ARRAYS
    if isinstance(annotation, ast.Subscript):
        holder = ast.unparse(annotation.value)
        return "Callable" not in holder and (is_array(annotation.value) or is_array(annotation.slice))
    if isinstance(annotation, ast.BinOp):
        return is_array(annotation.left) or is_array(annotation.right)
    return isinstance(annotation, ast.Tuple | ast.List) and any(map(is_array, annotation.elts))


def is_public(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return not any(part.startswith("_") and part != "__init__" for part in parts)


@cache
def trees():
    """Return every module of the package by its path."""
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def classes():
    """Return every class of the package by its name."""
    return {node.name: node for tree in trees().values() for node in tree.body if isinstance(node, ast.ClassDef)}


def overridden(holder, name):
    """Return the docstrings of ``name`` in the classes that ``holder`` builds on."""
    for base in holder.bases if holder else []:
        parent = classes().get(ast.unparse(base).split("[")[0].split(".")[-1])
        if parent is not None:
            yield from (ast.get_docstring(node) or "" for node in parent.body
                        if isinstance(node, ast.FunctionDef) and node.name == name)
            yield from overridden(parent, name)


@cache
def public_functions():
    """Return every public function and method: where it is, its class, its node."""
    return tuple(found_functions())


def found_functions():
    for path, tree in trees().items():
        if not is_public(path):
            continue
        holders = [None, *(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name[0] != "_")]
        for holder in holders:
            for node in (holder or tree).body:
                if isinstance(node, ast.FunctionDef) and node.name[0] != "_" and not overload(node):
                    name = f"{holder.name}.{node.name}" if holder else node.name
                    if name not in EXEMPT:
                        where = f"{path.relative_to(PACKAGE)}:{node.lineno} {name}"
                        yield where, holder, node, ast.get_docstring(tree) or ""


def overload(node):
    """Return whether ``node`` only declares a type, or sets a property that another one documents."""
    return any(ast.unparse(decorator).split(".")[-1] in {"overload", "setter"} for decorator in node.decorator_list)


def says_shape(name, text):
    """Return whether brackets follow ``name``: in its line of a section, or in a sentence of ``text``."""
    word = re.escape(name)
    return re.search(rf"^\s*(?:[\w*]+, )*\*{{0,2}}{word}(?:, [\w*]+)* : .*\[", text, re.MULTILINE) or \
        re.search(rf"`{word}`[^\[.:]{{0,60}}\[|\b{word}(?:s|es)?,?\s\[", " ".join(text.split()))


def says_return(text):
    """Return whether the first sentence or the section of returns in ``text`` has brackets."""
    before, _, after = text.partition("Returns\n-------")
    return "[" in before.split("\n\nParameters\n")[0] or "[" in after


def undocumented():
    for where, holder, node, module in public_functions():
        texts = [ast.get_docstring(node) or "", *(overridden(holder, node.name) if holder else [])]
        arrays = [argument for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
                  if is_array(argument.annotation)]
        broadcast = [argument for argument in arrays if "ArrayLike" in ast.unparse(argument.annotation)
                     and any("broadcast" in text for text in (module, *texts))]
        for argument in arrays:
            if argument not in broadcast and not any(says_shape(argument.arg, text) for text in texts):
                yield f"{where}: {argument.arg}"
        if is_array(node.returns) and not broadcast and not any(says_return(text) for text in texts):
            yield f"{where}: what it returns"


def fields():
    """Return every array of a public dataclass or named tuple: place, name, docstring of its class, comment."""
    for path in filter(is_public, trees()):
        lines = path.read_text(encoding="utf-8").splitlines()
        for holder in trees()[path].body:
            if isinstance(holder, ast.ClassDef) and holder.name[0] != "_" and re.search(
                    "dataclass|NamedTuple", " ".join(map(ast.unparse, (*holder.decorator_list, *holder.bases)))):
                for field in holder.body:
                    if isinstance(field, ast.AnnAssign) and field.target.id[0] != "_" and is_array(field.annotation):
                        where = f"{path.relative_to(PACKAGE)}:{field.lineno} {holder.name}.{field.target.id}"
                        yield (where, field.target.id, ast.get_docstring(holder) or "",
                               lines[field.lineno - 1].partition("  # ")[2])


def test_every_array_of_a_value_has_its_shape():
    missing = [where for where, name, text, comment in fields()
               if not (re.search(r"each\s\[|\] each", text) or says_shape(name, text) or "[" in comment)]
    assert not missing, "\n".join(missing)


def test_every_array_of_a_public_function_has_its_shape():
    missing = list(undocumented())
    assert not missing, "\n".join(missing)


def test_every_public_function_and_class_has_a_docstring():
    missing = [where for where, _, node, _ in public_functions() if not ast.get_docstring(node)]
    missing += [name for name, node in classes().items() if name[0] != "_" and not ast.get_docstring(node)]
    assert not missing


def test_docstrings_of_functions_begin_with_what_is_done():
    """Not with the thing itself, a question or a formula (ruff checks the form of verbs)."""
    wrong = [f"{path.relative_to(PACKAGE)}:{node.lineno} {node.name}: {text.splitlines()[0]}"
             for path, tree in trees().items() for node in ast.walk(tree)
             if isinstance(node, ast.FunctionDef) and "property" not in "".join(map(ast.unparse, node.decorator_list))
             and (text := ast.get_docstring(node) or "") and re.match(
                 r"(The|A|An|What|Where|Whether|Which|Who|How|Mean|Share|Gains?|Power|Distances?|Probability|Number|Loss|"
                 r"Bound|Correlation|Cosine|Covariances?|Likewise|As|Say|Whole|Take note)\b|[^A-Z]", text)]
    assert not wrong, "\n".join(wrong)
