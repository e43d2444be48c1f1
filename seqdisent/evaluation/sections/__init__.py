"""The sections of a report, one in a file; :mod:`seqdisent.evaluation.report` lists them."""
