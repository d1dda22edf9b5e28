# SPDX-License-Identifier: GPL-3.0-or-later
# Where ./dev works: on this system where it has GIMP 3 (native), else in a private Debian 13 root,
# entered with mounts that only the entering process sees (mounts) or, where nothing may be mounted,
# as a plain chroot with the files copied in and the results out (copy). Sourced by ./dev.

suite=trixie
cache=${XDG_CACHE_HOME:-$HOME/.cache}/mend
PATH=$PATH:/usr/sbin:/sbin

# packages COLUMN ROLE: names from the list; COLUMN 2 Debian, 3 Fedora, 4 Arch; ROLE build, test, train,
# or all, which is build and test.
packages()
{
    awk -v c="$1" -v r="$2" '!/^#/ && NF && ($1 == r || r == "all" && $1 != "train") && $c != "-" { print $c }' \
        "$top/dev.d/packages" | sort -u
}

system_has_gimp3()
{
    pkg-config --atleast-version=3.0 gimp-3.0 2>/dev/null && return
    [ -r /etc/os-release ] || return
    (
        . /etc/os-release
        case $ID in
        debian) [ "${VERSION_ID:-99}" -ge 13 ] ;;
        ubuntu) [ "$(printf %s "${VERSION_ID:-0}" | tr -d .)" -ge 2504 ] ;;
        fedora) [ "${VERSION_ID%%.*}" -ge 42 ] ;;
        arch) true ;;
        *) apt-cache show libgimp-3.0-dev >/dev/null 2>&1 ;;
        esac
    )
}

# As ordinary user: a user namespace in which we are root, over no more than our own files.
namespaces()
{
    [ "$(id -u)" = 0 ] || printf '%s' --map-root-user
}

can_mount()
{
    unshare $(namespaces) --mount mount --bind /tmp /tmp 2>/dev/null
}

# Prints native, mounts or copy. MEND_DEV_MODE forces one.
choose_mode()
{
    if [ -n "${MEND_DEV_MODE:-}" ]; then
        echo "$MEND_DEV_MODE"
    elif system_has_gimp3; then
        echo native
    elif can_mount; then
        echo mounts
    elif [ "$(id -u)" = 0 ]; then
        echo copy
    else
        die "this system has no GIMP 3, and an ordinary user may not make namespaces here. Either" \
            "run this command as root, or" \
            "allow user namespaces (Debian: sysctl kernel.unprivileged_userns_clone=1) and run it again."
    fi
}

apt_install()
{
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update && apt-get -qq -y --no-install-recommends install "$@"
}

# missing_packages ROLE: sets missing, install (a command) and typed (what a person would type).
missing_packages()
{
    missing='' install='' typed=''
    if command -v apt-get >/dev/null; then
        column=2 install=apt_install typed='apt-get install'
        missing=$(for p in $(packages 2 "$1"); do
            dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null | grep -qx installed || echo "$p"
        done)
    elif command -v dnf >/dev/null; then
        install='dnf -y install' typed='dnf install'
        missing=$(for p in $(packages 3 "$1"); do rpm -q --quiet --whatprovides "$p" || echo "$p"; done)
    elif command -v pacman >/dev/null; then
        install='pacman -S --needed --noconfirm' typed='pacman -S --needed'
        missing=$(packages 4 "$1" | xargs pacman -T || :)
    fi
}

# native_packages ROLE: what is missing of the list is installed (root) or named (everyone else).
native_packages()
{
    missing_packages "$1"
    [ -n "$missing" ] || return 0
    [ "$(id -u)" = 0 ] || die "packages are missing. Install them with" \
        "    sudo $typed$(printf ' %s' $missing)"
    step "Installing $(printf '%s\n' "$missing" | wc -l) packages" packages \
        "look at the package manager's message; then run this command again" $install $missing
}

# The mirror this system's own apt uses for its release; empty: mmdebstrap's default.
mirror()
{
    (
        . /etc/os-release
        [ "$ID" = debian ] || exit 0
        apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
            awk -v r="$VERSION_CODENAME" '$2 == r && $1 ~ /^(https?|file):/ { print $1; exit }'
    )
}

# fill_root TARGET: an ordinary user gets a tree of his own files: it is read by him alone.
fill_root()
{
    proxy=
    eval "$(apt-config shell proxy Acquire::http::Proxy)"
    set -- "$1" --variant=apt --include="$(packages 2 all | paste -s -d , -)" \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt=force-unsafe-io --aptopt='Acquire::Retries "3"' \
        ${proxy:+"--aptopt=Acquire::http::Proxy \"$proxy\""}
    target=$1
    shift
    if [ "$(id -u)" = 0 ]; then
        mmdebstrap --mode=root "$@" "$suite" "$target" $(mirror)
    else
        mkdir "$target"
        mmdebstrap --mode=unshare --format=tar "$@" "$suite" - $(mirror) |
            tar -C "$target" --no-same-owner --exclude='./dev/*' -xf -
        [ -x "$target/usr/bin/meson" ]
    fi || return 1
    dd if=/dev/urandom bs=16 count=1 2>/dev/null | od -An -tx1 | tr -d ' \n' >"$target/etc/machine-id"
}

# Sets $root; makes it where it is not there yet. Only a whole root ever gets its final name.
make_root()
{
    root=$cache/root-$({ packages 2 all; echo "$suite 1"; } | sha256sum | cut -c 1-12)
    [ ! -d "$root" ] || return 0
    mkdir -p "$cache"
    exec 9>"$cache/lock"
    flock -n 9 || { say "Waiting for another ./dev that makes the private root"; flock 9; }
    if [ ! -d "$root" ]; then
        command -v apt-get >/dev/null ||
            die "this system has neither GIMP 3 nor apt to make a Debian root with." \
                "Install GIMP 3 with its development files (gimp-3.0.pc), meson and a C compiler."
        tools=mmdebstrap
        [ "$(id -u)" = 0 ] || tools='mmdebstrap uidmap'
        for tool in $tools; do
            dpkg-query -W -f '${db:Status-Status}' "$tool" 2>/dev/null | grep -qx installed && continue
            [ "$(id -u)" = 0 ] || die "$tool is missing. Install it with" "    sudo apt-get install $tools"
            step "Installing mmdebstrap" mmdebstrap "is the network there? Then run this command again" \
                apt_install mmdebstrap debian-archive-keyring
        done
        rm -rf --one-file-system "$root.part"
        step "Making a private Debian 13 root with GIMP 3 in $cache (once; minutes)" root \
            "is the network there, and 4 GB in $cache? Then run this command again" \
            fill_root "$root.part"
        mv "$root.part" "$root"
    fi
    exec 9>&-
}

# in_root DIR COMMAND...: chroot with a clean environment; DIR where it exists there, else the checkout.
in_root()
{
    folder=$1
    shift
    set -- /bin/sh -c 'cd "$0" 2>/dev/null || cd "$1"; shift; exec "$@"' "$folder" "$top" "$@"
    for name in HOME USER LOGNAME TERM TZ DISPLAY XAUTHORITY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS \
        XDG_RUNTIME_DIR XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME G_MESSAGES_DEBUG CC \
        ASAN_OPTIONS LSAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS \
        $(env | sed -n 's/^\(MEND_[A-Z_]*\)=.*/\1/p'); do
        if eval "[ -n \"\${$name+set}\" ]"; then
            eval "set -- \"$name=\$$name\" \"\$@\""
        fi
    done
    chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
        MEND_DEV_INSIDE="$root" "$@"
}
