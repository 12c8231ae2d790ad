"""NumPy's functions in terms of the primitives: what can be traced, one module a family.

An entry is a rule with a declaration above it, in the module of its family:

    @function(np.diff, "a, n=1, axis=-1, prepend=NONE, append=NONE")
    def difference(x, n=1, axis=-1, prepend=NONE, append=NONE): ...

- ``function``, ``method``, ``ufunc`` and ``ufunc_method`` (`table.py`) write it into a table each. The text
  is NumPy's own signature, with ``NONE`` for "no value"; ``tests/contracts/test_traced_functions.py`` holds
  it against NumPy.
- The rule has the parameters that it reads, by NumPy's names; those without a default are the first ones,
  by position. What it does not have is refused by name unless it is at its default. One rule may
  have several declarations.
- The NumPy function itself is run on arrays of ones first. So arguments, axes and shapes are right when the
  rule is called, and the shape of its result is compared with NumPy's.
- A rule gets traced arrays, plain values, or lists of them; ``lifted`` makes any of them traced, ``spread``
  broadcasts.
- A function that only moves entries needs no rule: ``moves(np.tril)`` (`moving.py`) runs NumPy's function on
  the numbers of the places.
- A function of shapes alone is answered by NumPy: ``shapes_only(np.ndim)``.

A new module is found by itself.
"""
