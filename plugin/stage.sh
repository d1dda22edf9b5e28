#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Lays out the plug-in's folder as GIMP wants it, for running from the build folder.
# usage: stage.sh PROGRAM FOLDER MODELS LOCALE STAMP
set -e
mkdir -p "$2"
cp "$1" "$2/mend.new"
mv -f "$2/mend.new" "$2/mend"
ln -sfn "$3" "$2/models"
ln -sfn "$4" "$2/locale"
: >"$5"
