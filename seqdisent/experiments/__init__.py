"""Experiments: sweeps that train and measure many models, and comparisons that need more than one.

An experiment is one folder, with ``points.py`` (what is trained), ``measure.py`` (what is measured of a point) and
``tables.py`` (results of all points as numbers, tables and figures), or one file.
"""
