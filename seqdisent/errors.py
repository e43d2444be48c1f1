"""Errors that the user can mend. Anything else that is raised is a bug, and shown with its traceback."""

from __future__ import annotations


class SeqdisentError(Exception):
    """Base of all errors whose message alone says what is wrong and what to do about it."""


class UsageError(SeqdisentError, ValueError):
    """A name, a size or an option is wrong; the message lists the right ones."""


class DataNotReady(SeqdisentError, RuntimeError):
    """Files of a data set are missing or damaged; the message says how to get them."""


class TableError(SeqdisentError, ValueError):
    """A table cannot be used; the message names the problem and the way out."""


class DownloadFailed(SeqdisentError, RuntimeError):
    """There was no network, or what was downloaded is not what was expected."""


class CheckpointError(SeqdisentError, RuntimeError):
    """A checkpoint is missing, damaged, of another kind or of another schema."""


class TrainingDiverged(SeqdisentError, RuntimeError):
    """The loss is not a number, or exploded; the message says where the last good state is."""


class RunExists(SeqdisentError, FileExistsError):
    """A folder already holds a training run, which is not overwritten."""
