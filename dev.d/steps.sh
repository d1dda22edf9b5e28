# SPDX-License-Identifier: GPL-3.0-or-later
# What ./dev says on the terminal: one line per step, and a failure with its log. Sourced by ./dev.

say()
{
    printf '%s\n' "$*"
}

# die MESSAGE...: one line per argument.
die()
{
    printf 'dev: %s\n' "$1" >&2
    shift
    [ $# -eq 0 ] || printf '     %s\n' "$@" >&2
    exit 1
}

# step NAME LOG HINT COMMAND...: runs COMMAND with its output in $logs/LOG.log. A failure prints the
# last lines of the log, where the rest is, and HINT: what to do.
step()
{
    step_name=$1 step_log=$logs/$2.log step_hint=$3
    shift 3
    mkdir -p "$logs"
    printf '%s ...' "$step_name"
    step_start=$(date +%s)
    if "$@" >"$step_log" 2>&1 </dev/null; then
        printf ' done, %s s\n' "$(($(date +%s) - step_start))"
        return 0
    else
        step_rc=$?
    fi
    printf ' FAILED\n'
    {
        printf '\n%s failed (exit status %s). Its last lines:\n\n' "$step_name" "$step_rc"
        tail -n 25 "$step_log" | sed 's/^/    /'
        printf '\nWhole log:  %s\nWhat to do: %s\n' "$step_log" "$step_hint"
    } >&2
    exit "$step_rc"
}
