"""Compiled loops over people's tags, for many people at once.

Each kernel is compiled for one set of types when its file is first imported and kept on disk;
`python -m models.kernels` does that beforehand. A kernel runs without the interpreter's lock and
uses one thread: `threads.py` runs it over pieces of the rows.
"""
