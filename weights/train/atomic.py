# SPDX-License-Identifier: GPL-3.0-or-later
"""A file appears under its name only when it is whole: written beside it, then renamed over it."""
import contextlib
import os


def write(path, data):
    """data: bytes. Whatever happens, path holds all of the old file or all of the new one; after an
    error (OSError: disk full, no permission) nothing half-written is left behind."""
    try:
        with open(path + ".new", "wb") as f:
            f.write(data)
            f.flush()
            os.fsync(f.fileno())
        os.replace(path + ".new", path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(path + ".new")
        raise
