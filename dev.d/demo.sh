# SPDX-License-Identifier: GPL-3.0-or-later
# ./dev demo: one photo through GIMP in batch mode with the plug-in of the build. Sourced by ./dev.

# A Scheme string.
scheme_string()
{
    printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"
}

run_demo()
{
    "$top/tests/plugin/gimp-env" "$build" gimp-console-3.0 -i -d -s \
        --batch-interpreter=plug-in-script-fu-eval -b "(load $(scheme_string "$demo/demo.scm"))" --quit
}

# What the script reported: the text after "demo: KEY".
reported()
{
    sed -n "s/^.*demo: $1 //p" "$logs/demo.log" | tr -d '"'
}

do_demo()
{
    photo= task= steps=0
    while [ $# -gt 0 ]; do
        case $1 in
        --task=*) task=${1#*=} ;;
        --steps=*) steps=${1#*=} ;;
        --task | --steps)
            [ $# -ge 2 ] || die "$1 needs a value"
            eval "${1#--}=\$2"
            shift
            ;;
        -*) die "usage: ./dev demo [--task TASK] [--steps N] [PHOTO]" ;;
        *) photo=$1 ;;
        esac
        shift
    done
    case $steps in
    *[!0-9]*) die "--steps is a number, not \"$steps\"" ;;
    esac
    if [ -n "$photo" ]; then
        [ -r "$photo" ] || die "there is no photo \"$photo\", or it cannot be read"
        photo=$(absolute "$photo") damage='#f'
    else
        photo=$(pkg-config --variable=gimpdatadir gimp-3.0)/images/gimp-splash.png damage='#t'
        [ -r "$photo" ] || die "GIMP's own picture $photo is not there; give a photo: ./dev demo PHOTO"
    fi
    do_build
    demo=$build/demo
    rm -rf "$demo"
    mkdir -p "$demo"
    {
        printf '(define %s %s)\n' photo "$(scheme_string "$photo")" folder "$(scheme_string "$demo")" \
            task "$(scheme_string "${task:-noise}")" steps "$steps" damage "$damage"
        printf '(load %s)\n' "$(scheme_string "$top/dev.d/demo.scm")"
    } >"$demo/demo.scm"
    step "Restoring $(basename -- "$photo") in GIMP" demo \
        "the last lines say what is wrong; ./dev mend models lists what the models can do" run_demo
    rm "$demo/demo.scm"
    printf '\n'
    printf '%-8s %s\n' task "$(reported task)" model "$(reported model)" \
        device "$(device_name "$(reported device)")" steps "$(reported steps)" seconds "$(reported seconds)"
    [ "$damage" = '#f' ] || printf '%-8s %s\n' PSNR "$(scores)"
    printf '\n%s: before.png, after.png, compare.png (side by side), restored.xcf (layers for GIMP)\n' "$demo"
}

# Before and after against the original, as `mend eval` scores them; strength 0 leaves them as they are.
scores()
{
    pairs=$(mktemp -d)
    mkdir "$pairs/lq" "$pairs/gt"
    for name in before after; do
        cp "$demo/$name.png" "$pairs/lq/"
        cp "$demo/original.png" "$pairs/gt/$name.png"
    done
    "$mend" eval "$pairs" --task "$(reported task)" --strength 0 --json | python3 -c 'import json, sys
images = json.load(sys.stdin)["images"]
print(*(f"{images[name + ".png"]["psnr"]:.2f} dB {name}" for name in ("before", "after")), sep=", ")'
    rm -r "$pairs"
}

# The name of the device whose id is $1, as `mend devices` says.
device_name()
{
    "$mend" devices --json 2>/dev/null | python3 -c 'import json, sys
names = {d["id"]: d["name"] for d in json.load(sys.stdin)["devices"]}
print(names.get(sys.argv[1], sys.argv[1]))' "$1" || printf '%s\n' "$1"
}
