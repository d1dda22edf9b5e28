# SPDX-License-Identifier: GPL-3.0-or-later
# The two ways into the private root: with_mounts and with_copies. Sourced by ./dev.

absolute()
{
    case $1 in
    /*) printf '%s\n' "$1" ;;
    *) printf '%s\n' "$PWD/$1" ;;
    esac
}

# The files a command line speaks of, one absolute path a line: every argument that is there or could
# be made, `--option=FILE` too, and for Script-Fu files the strings in them.
named_files()
{
    for named_arg; do
        printf '%s\n' "$named_arg"
        case $named_arg in
        -*=*) printf '%s\n' "${named_arg#*=}" ;;
        *.scm | *.py) [ ! -r "$named_arg" ] || grep -o '"[^"]*"' "$named_arg" | tr -d '"' ;;
        esac
    done | while IFS= read -r named_arg; do
        case $named_arg in
        '' | -* | *"
"*) continue ;;
        esac
        named_arg=$(absolute "$named_arg")
        [ ! -d "$(dirname -- "$named_arg")" ] || printf '%s\n' "$named_arg"
    done
}

# show PATH: the same file or folder under the same name in the root.
show()
{
    if [ -d "$1" ]; then
        mkdir -p "$root$1"
    elif [ ! -e "$root$1" ]; then
        mkdir -p "$root$(dirname -- "$1")"
        : >"$root$1"
    fi
    mount --rbind "$1" "$root$1"
}

# Runs in a mount namespace of its own; everything mounted here ends with this process.
# The root keeps its own system folders, all others are the machine's.
with_mounts()
{
    for folder in /*; do
        case $folder in
        /bin | /boot | /etc | /lib* | /lost+found | /sbin | /usr | /var) continue ;;
        esac
        [ ! -d "$folder" ] || [ -L "$folder" ] || show "$folder" || say "($folder is not visible inside)"
    done
    { printf '%s\n' "$top" "$HOME" "$PWD"; named_files "$@"; } | while IFS= read -r file; do
        case $file in
        /var/*/* | /usr/local/*/*)
            [ -e "$file" ] || file=$(dirname -- "$file")
            show "$file"
            ;;
        /usr/*/* | /etc/*)
            # A file of the machine may be shown; a folder would hide the root's own.
            [ ! -f "$file" ] || show "$file"
            ;;
        esac
    done
    [ -x "$root$top/dev" ] || die "$top is not visible in $root" "Move the checkout below /home, or run as root."
    cd /
    in_root "$OLDPWD" "$top/dev" "$@"
}

# copy_newer PATH: what was written below PATH in the root since $stamp, to the same place outside.
copy_newer()
{
    [ "$1" != / ] && [ -e "$root$1" ] || return 0
    (cd "$root" && find ".$1" -type f -newer "$stamp" ! -name '*.o' -print0 | tar --null -T - -cf -) |
        tar -C / --no-overwrite-dir -xf -
}

# Source files in (what was built stays there for the next time), named files in, run, results out.
with_copies()
{
    exec 8>"$root.lock"
    flock -n 8 || { say "Waiting for another ./dev in the private root"; flock 8; }
    inside=$root$top
    mkdir -p "$inside"
    find "$inside" -mindepth 1 -maxdepth 1 ! -name 'build*' -exec rm -rf {} +
    tar -C "$top" --exclude='./build*' --exclude=./runs --exclude=./.git -cf - . | tar -C "$inside" -xpf -
    mkdir -p "$root$HOME" "$root/dev/shm"
    chmod 1777 "$root/dev/shm"
    files=$(named_files "$@")
    copied=$(printf '%s\n' "$files" | while IFS= read -r file; do
        [ -n "$file" ] || continue
        mkdir -p "$root$(dirname -- "$file")"
        case $file in
        "$top"/build*) [ ! -e "$file" ] || cp -a "$file" "$(dirname -- "$root$file")/" ;;
        "$top" | "$top"/*) ;;
        *)
            if [ -e "$file" ] && [ ! -e "$root$file" ]; then
                cp -a "$file" "$root$file" && printf '%s\n' "$file"
            fi
            ;;
        esac
    done)
    stamp=$root.stamp
    : >"$stamp"
    status=0
    (
        trap : INT
        in_root "$PWD" "$top/dev" "$@"
    ) || status=$?
    { printf '%s\n' "$files"; cd "$root" && find ".$top" -mindepth 1 -maxdepth 1 -name 'build*' | cut -c 2-; } |
        while IFS= read -r file; do
            [ -z "$file" ] || copy_newer "$file"
        done
    printf '%s\n' "$copied" | while IFS= read -r file; do
        [ -z "$file" ] || rm -rf "$root$file"
    done
    return $status
}

# Returns where COMMAND can run right here; else runs it in the private root and ends.
enter()
{
    [ -z "${MEND_DEV_INSIDE:-}" ] || return 0
    mode=$(choose_mode)
    case $mode in
    native)
        native_packages build
        case $1 in
        test | lint) native_packages test ;;
        esac
        ;;
    mounts)
        make_root
        exec unshare $(namespaces) --mount "$top/dev" --in-root "$root" "$@"
        ;;
    copy)
        make_root
        with_copies "$@"
        exit
        ;;
    *) die "MEND_DEV_MODE is \"$mode\"; it can be native, mounts or copy" ;;
    esac
}
