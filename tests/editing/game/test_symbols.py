"""Symbols write the lines of a program, in either dialect."""

import numpy as np
import pytest

from editing.game.symbols import GLSL, NUMPY, Program, Symbol, SymbolNamespace


def test_the_same_expression_is_computed_once() -> None:
    program = Program(GLSL)
    x = Symbol(program, "color.r")
    xp = SymbolNamespace(program)
    assert xp.exp(x * 2).text == xp.exp(x * 2).text
    assert program.lines == ["float t0 = color.r * 2.0;", "float t1 = exp(t0);"]


def test_negative_numbers_are_bracketed_and_whole_ones_are_floats() -> None:
    program = Program(GLSL)
    _ = -1 - Symbol(program, "x") * -2
    assert program.lines == ["float t0 = x * (-2.0);", "float t1 = (-1.0) - t0;"]


def test_what_has_no_form_in_a_shader_is_refused() -> None:
    with pytest.raises(TypeError, match="ndarray in its arithmetic; only symbols and numbers have a GLSL form"):
        _ = Symbol(Program(GLSL), "x") + np.ones(3)


def test_each_dialect_has_its_own_names() -> None:
    lines = {}
    for dialect in (GLSL, NUMPY):
        program = Program(dialect)
        x, xp = Symbol(program, "x"), SymbolNamespace(program)
        _ = xp.minimum(xp.cos(x), xp.pow(x, 0.5))
        lines[dialect.name] = program.lines
    assert lines["GLSL"] == ["float t0 = accurate_cos(x);", "float t1 = pow(x, 0.5);", "float t2 = min(t0, t1);"]
    assert lines["NumPy"] == ["t0 = np.cos(x)", "t1 = np.power(x, 0.5)", "t2 = np.minimum(t0, t1)"]


def test_a_function_of_numbers_is_a_number() -> None:
    program = Program(NUMPY)
    xp = SymbolNamespace(program)
    assert (xp.exp(0.0), xp.maximum(1.0, 2), xp.clip(3.0, None, 1.0)) == (1.0, 2, 1.0)
    assert program.lines == []
