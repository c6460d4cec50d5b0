#!/bin/sh
# run.sh PROGRAM EXPECTED FILE - runs the example on a fresh snapshot file and compares what it prints.
set -eu
rm -f "$3" "$3.lock"
"$1" "$3" | diff -u "$2" -
rm -f "$3" "$3.lock"
