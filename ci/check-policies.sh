#!/bin/sh
# What CI runs when policies change: checks every program, evaluates the records kept for it, runs its tests.
#
#   check-policies.sh [POLICIES [FIXTURES [DECISIONS]]]      (default: policies fixtures decisions)
#
# POLICIES holds a folder for each program, FIXTURES/<program>/records its records. The decisions are left
# in DECISIONS as text and JSON, to look at or to compare. Everything is done, whatever fails before; the exit
# code is the worst: 0 all is well, 1 records or tests failed, 2 something is missing or cannot be read,
# 3 policies with mistakes. POLICYENGINE_AS_OF=2026-11-21 fixes the day (default: today).
set -u
policies=${1:-policies}
fixtures=${2:-fixtures}
decisions=${3:-decisions}
worst=0

remember() {
    [ "$1" -le "$worst" ] || worst=$1
}

evaluate() { # the folder of a program
    name=$(basename "$1")
    set -- "$1"
    for record in "$fixtures/$name/records"/*; do
        case $record in
            *.yaml | *.yml | *.json | *.ndjson | *.jsonl) set -- "$@" "$record" ;;
        esac
    done
    if [ $# -eq 1 ]; then
        echo "$name: no records in $fixtures/$name/records, so nothing shows what the policies do" >&2
        return 2
    fi
    policyengine evaluate "$@" -o "text:$decisions/$name.txt" -o "json:$decisions/$name.json"
    code=$?
    [ $code -ne 0 ] || echo "$name: $(($# - 1)) files of records evaluated, see $decisions/$name.txt"
    return $code
}

mkdir -p "$decisions" || exit 2
for program in "$policies"/*/program.yaml "$policies"/program.yaml; do
    [ -f "$program" ] || continue
    folder=$(dirname "$program")
    if policyengine check "$folder"; then
        evaluate "$folder" || remember $?
    elif [ $? -eq 1 ]; then
        remember 3
    else
        remember 2
    fi
    found=yes
done
if [ -z "${found:-}" ]; then
    echo "no program in $policies: no folder in it has a program.yaml" >&2
    exit 2
fi

if [ -n "$(find "$fixtures" "$policies" -name '*_test.yaml' 2>/dev/null | head -n 1)" ]; then
    policyengine test "$fixtures" "$policies" || remember $?
fi
exit $worst
