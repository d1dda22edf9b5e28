# SPDX-License-Identifier: GPL-3.0-or-later
# ./dev train, ./dev python: find or make a Python with PyTorch and run weights/train/make.py, or another
# script, with it. Sourced by ./dev.

# has_torch COMMAND...: whether this Python can train.
has_torch()
{
    "$@" -c 'import torch, numpy, PIL' >/dev/null 2>&1
}

# The private root's Python, run from outside: started by the root's own loader with the root's
# libraries, it sees the machine's files under their own names, without mounts or copies. A run of
# hours blocks no other ./dev, and what it has written is there whatever becomes of it.
root_python()
{
    root_libraries=$(echo "$root"/usr/lib/*-linux-gnu)
    PYTHONHOME=$root/usr PYTHONPATH='' PYTHONNOUSERSITE=1 \
        "$root_libraries"/ld-linux*.so.* \
        --library-path "$root_libraries/openblas-pthread:$root_libraries:$root/usr/lib" \
        "$root/usr/bin/python3" "$@"
}

# In the root: apt as root there, where an ordinary user has no other names to drop to.
root_install()
{
    export DEBIAN_FRONTEND=noninteractive
    set -- -qq -o APT::Sandbox::User=root -o DPkg::Lock::Timeout=900 "$@"
    apt-get "$@" update && apt-get "$@" -y --no-install-recommends install $(packages 2 train)
}

do_train_packages()
{
    [ -n "${MEND_DEV_INSIDE:-}" ] || die "./dev train says what this system lacks"
    step "Adding PyTorch to the private root (once; minutes)" torch \
        "is the network there, and 2 GB in $cache? Then run this command again" root_install
}

# Sets python to the command that trains.
find_python()
{
    python=${MEND_PYTHON:-python3}
    if has_torch "$python"; then
        return 0
    fi
    [ -z "${MEND_PYTHON:-}" ] || die "MEND_PYTHON: $MEND_PYTHON cannot import torch, numpy and PIL"
    mode=$(choose_mode)
    if [ "$mode" = native ]; then
        missing_packages train
        die "training needs PyTorch, NumPy and Pillow. Install them with" \
            "    sudo ${typed:-<your package manager>}$(printf ' %s' ${missing:-$(packages 2 train)})" \
            "or name a Python that has them, as CUDA needs it: MEND_PYTHON=.../bin/python3 ./dev train"
    fi
    make_root
    python=root_python
    if has_torch root_python; then
        return 0
    fi
    cp -L /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || :
    "$top/dev" train-packages
    has_torch root_python || die "PyTorch is in $root but does not start there:" \
        "$(root_python -c 'import torch, numpy, PIL' 2>&1 | tail -n 1)"
}

do_train()
{
    case ${1:---help} in
    -h | --help)
        sed -n '/^"""/,/^"""/p' "$top/weights/train/make.py" | grep -v '"""' |
            sed 's/make\.py PHOTOS/.\/dev train PHOTOS/; s/`train\.py --help`/`.\/dev train . --help`/'
        return
        ;;
    esac
    find_python
    export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}" # beside other work, twice as many steps and more
    "$python" "$top/weights/train/make.py" "$@"
}

do_python()
{
    [ $# -gt 0 ] || die "usage: ./dev python FILE [ARGUMENTS]"
    find_python
    export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"
    "$python" "$@"
}
