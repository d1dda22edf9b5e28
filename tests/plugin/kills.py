# SPDX-License-Identifier: GPL-3.0-or-later
"""A plug-in that is stopped while it computes leaves the image as it was."""
import os
import signal
import threading
import time

from gi.repository import Gimp

from harness import EXECUTION, OK, call, make, raw, restore


def signal_plugin(number, seen):
    """Sends number to the plug-in's process once its worker thread runs."""
    end = time.monotonic() + 60
    while time.monotonic() < end and not seen:
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                with open('/proc/%s/stat' % pid, encoding='utf-8') as file:
                    name, rest = file.read().split('(', 1)[1].rsplit(')', 1)
                if name != 'mend' or int(rest.split()[1]) != os.getppid():
                    continue
                threads = []
                for task in os.listdir('/proc/%s/task' % pid):
                    with open('/proc/%s/task/%s/comm' % (pid, task), encoding='utf-8') as file:
                        threads.append(file.read().strip())
                if any(t.startswith(('mend-job', 'mend-session')) for t in threads):
                    time.sleep(0.2)
                    os.kill(int(pid), number)
                    seen.append(threads)
                    return
            except (OSError, IndexError, ValueError):
                continue
        time.sleep(0.02)


def stop_soon(number, seen):
    """The same on a thread, which is returned."""
    killer = threading.Thread(target=signal_plugin, args=(number, seen))
    killer.start()
    return killer


def killed(number, steps=1000, **arguments):
    """Status and message of a long call that is sent a signal; the image must stay as it was."""
    image, layer = make(width=900, height=700)
    before, seen = raw(layer), []
    killer = stop_soon(number, seen)
    started = time.monotonic()
    status, message, _ = call(image, [layer], steps=steps, **arguments)
    took = time.monotonic() - started
    killer.join()
    assert seen, "the plug-in's worker was not seen: %s %s" % (status, message)
    assert image.get_layers() == [layer] and raw(layer) == before and not image.is_dirty()
    assert took < 30, took
    assert restore(image, [layer]) == 1  # and works again
    return status, message


def test_kill_leaves_the_image_alone():
    for output in ('new-layer', 'in-place', 'new-image'):
        known = Gimp.get_images()
        status, _ = killed(signal.SIGKILL, output=output)
        assert status != OK, status
        assert len(Gimp.get_images()) == len(known) + 1


def test_soft_stop_is_an_error_for_scripts():
    status, message = killed(signal.SIGTERM)
    assert status == EXECUTION and message, (status, message)
    assert 'top' in message, message


def test_soft_stop_among_alternatives():
    """The result is there by then, and is not put in."""
    status, message = killed(signal.SIGTERM, steps=1, alternatives=64, model='random')
    assert status == EXECUTION and 'top' in message, (status, message)
