# SPDX-License-Identifier: GPL-3.0-or-later
"""Driving a window through AT-SPI, as a screen reader's user would: no pixel coordinates."""
import re
import sys
import time
import traceback

try:
    import gi
    gi.require_version("Gdk", "3.0")
    from gi.repository import Gdk, GdkPixbuf
    import pyatspi
except (ImportError, ValueError) as error:
    print("1..0 # SKIP python3-pyatspi or GTK for Python is missing: %s" % error)
    sys.exit(77)

INTERACTIVE = {"push button", "button", "toggle button", "check box", "combo box", "spin button",
               "slider", "text", "entry", "radio button"}
# What must not be on stderr: complaints of our programs (mend, mend-ui-demo), and GIMP's about us.
FORBIDDEN = re.compile(r"mnemonic|\(mend[-\w]*:\d+\): .*(CRITICAL|WARNING)|GIMP-Error|Plug-in crashed|"
                       r"undo in inconsistent state|Traceback")
# GIMP's own: without a window of GIMP to stand over; at the end of a plug-in, before GIMP 3.2.
HARMLESS = ("gimp_window_transient_on_mapped", "gimp_window_set_transient_for",
            "gimp_flush(): error: Broken pipe")


def wait(what, get, seconds=20.0):
    """The first true value of get(); fails with what."""
    end = time.monotonic() + seconds
    while True:
        try:
            value = get()
        except (RuntimeError, LookupError, AttributeError, NotImplementedError, gi.repository.GLib.GError):
            value = None  # the window changed under our eyes
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("waited %g s for %s" % (seconds, what))
        time.sleep(0.05)


def walk(node):
    """node and all shown below it."""
    yield node
    for i in range(node.childCount):
        child = node.getChildAtIndex(i)
        if child is not None:
            yield from walk(child)


def shown(node):
    states = node.getState()
    return states.contains(pyatspi.STATE_SHOWING) and states.contains(pyatspi.STATE_VISIBLE)


def find(root, role, name):
    """The first shown thing of a role (or one of several) whose name is or begins with name."""
    roles = (role,) if isinstance(role, str) else role
    for node in walk(root):
        if node.getRoleName() in roles and shown(node) and (node.name or "").startswith(name):
            return node
    return None


def need(root, role, name, seconds=20.0):
    return wait("a %s “%s”" % (role, name), lambda: find(root, role, name), seconds)


def application(name, seconds=60.0):
    def get():
        for app in pyatspi.Registry.getDesktop(0):
            if app is not None and app.name == name:
                return app
        return None
    return wait("the program " + name, get, seconds)


def sensitive(node):
    return node.getState().contains(pyatspi.STATE_SENSITIVE)


BUTTON = ("push button", "button", "toggle button")


def press(root, name):
    node = need(root, BUTTON, name)
    wait("“%s” to be sensitive" % name, lambda: sensitive(node))
    node.queryAction().doAction(0)


def choose(root, name, item):
    """Takes the item that begins so of the combo box."""
    combo = need(root, "combo box", name)
    menu = combo.getChildAtIndex(0)
    names = [menu.getChildAtIndex(i).name or "" for i in range(menu.childCount)]
    rows = [i for i, text in enumerate(names) if text.startswith(item)]
    assert rows, "“%s” has no “%s”, only %s" % (name, item, names)
    combo.querySelection().selectChild(rows[0])


def items(root, name):
    """Name and sensitivity of each item of the combo box."""
    menu = need(root, "combo box", name).getChildAtIndex(0)
    return [(menu.getChildAtIndex(i).name, sensitive(menu.getChildAtIndex(i)))
            for i in range(menu.childCount)]


def set_value(root, role, name, value):
    need(root, role, name).queryValue().currentValue = value


def value(root, role, name):
    return need(root, role, name).queryValue().currentValue


def key(node, keyval):
    """A key pressed where node has the focus."""
    node.queryComponent().grabFocus()
    wait("the focus", lambda: node.getState().contains(pyatspi.STATE_FOCUSED))
    pyatspi.Registry.generateKeyboardEvent(keyval, None, pyatspi.KEY_SYM)


def check_names(root):
    """Everything that can be used has a name; returns how many there are."""
    count = 0
    for node in walk(root):
        if node.getRoleName() in INTERACTIVE and shown(node):
            parent = node.parent
            assert node.name, "a %s in %s “%s” has no name" % (
                node.getRoleName(), parent.getRoleName(), parent.name)
            count += 1
    return count


def mnemonic_of(node):
    """The letter that Alt goes with, or None."""
    try:
        action = node.queryAction()
    except NotImplementedError:
        return None
    for i in range(action.nActions):
        binding = action.getKeyBinding(i) or ""
        first = binding.split(";")[0]
        if "<Alt>" in first or "<Mod1>" in first:
            return first.rsplit(">", 1)[1].lower()
    return None


def check_mnemonics(root):
    """No letter is taken twice; returns the letters."""
    taken = {}
    for node in walk(root):
        if not shown(node) or not sensitive(node) or node.getRoleName() in ("menu item", "label"):
            continue
        letter = mnemonic_of(node)
        if letter:
            assert letter not in taken or taken[letter] == node.name, \
                "Alt+%s is “%s” and “%s”" % (letter, taken[letter], node.name)
            taken[letter] = node.name
    return taken


def screenshot(path, root):
    """The window as a PNG, without the pointer and a tooltip under it."""
    screen = Gdk.get_default_root_window()
    pyatspi.Registry.generateMouseEvent(screen.get_width() - 1, screen.get_height() - 1, "abs")
    wait("tooltips to go", lambda: not find(root.getApplication(), "tool tip", ""))
    time.sleep(0.3)  # drawing is not told of
    box = root.queryComponent().getExtents(pyatspi.DESKTOP_COORDS)
    x, y = max(box.x, 0), max(box.y, 0)
    pixbuf = Gdk.pixbuf_get_from_window(screen, x, y, min(box.width, screen.get_width() - x),
                                        min(box.height, screen.get_height() - y))
    pixbuf.savev(path, "png", [], [])


def mean_colour(node, trim=48):
    """(red, green, blue) of what a widget shows, without its margin of trim pixels."""
    time.sleep(0.3)  # drawing is not told of
    box = node.queryComponent().getExtents(pyatspi.DESKTOP_COORDS)
    return mean_of(Gdk.pixbuf_get_from_window(Gdk.get_default_root_window(), box.x + trim, box.y + trim,
                                              box.width - 2 * trim, box.height - 2 * trim))


def mean_of(pixbuf):
    data, n, row = pixbuf.get_pixels(), pixbuf.get_n_channels(), pixbuf.get_rowstride()
    rows = [data[y * row:y * row + n * pixbuf.get_width()] for y in range(pixbuf.get_height())]
    count = pixbuf.get_width() * pixbuf.get_height()
    return [sum(sum(line[c::n]) for line in rows) / count for c in range(3)]


def check_errors(text):
    """Nothing forbidden on stderr."""
    bad = [line for line in text.splitlines()
           if FORBIDDEN.search(line) and not any(word in line for word in HARMLESS)]
    assert not bad, "on stderr:\n" + "\n".join(bad)


def main(module, owner):
    """Runs what is named test_ in a module's globals(), and ends the program; owner.process, where
    it still runs, is killed."""
    status = run_tests([test for name, test in module.items() if name.startswith("test_")])
    if owner.process and owner.process.poll() is None:
        owner.process.kill()
    sys.exit(status)


def run_tests(tests):
    """Runs functions in order as TAP; the first failure ends it, as the rest stand on it."""
    print("1..%d" % len(tests), flush=True)
    for number, test in enumerate(tests, 1):
        name = test.__name__.removeprefix("test_").replace("_", " ")
        try:
            test()
        except Exception:  # pylint: disable=broad-except
            print("not ok %d %s" % (number, name))
            print("# " + traceback.format_exc().replace("\n", "\n# "), flush=True)
            return 1
        print("ok %d %s" % (number, name), flush=True)
    return 0
