#!/bin/sh
# run.sh TARGET CORPUS [SEEDS...] - fuzzes for FUZZ_SEC seconds (default 5). What is new goes to CORPUS, never to the seeds.
# The same program tries the same inputs in the same order, so that a failure says something about a change; by hand
# FUZZ_SEED=0 takes other ones each time.
set -eu
target=$1 corpus=$2
shift 2
mkdir -p "$corpus"
exec "$target" -max_total_time="${FUZZ_SEC:-5}" -max_len=65536 -timeout=60 -seed="${FUZZ_SEED:-1}" -print_final_stats=1 \
    -artifact_prefix="$corpus/../" "$corpus" "$@"
