#!/bin/sh
# What CI runs when somebody wants to change policies: are they right, what does the change mean, whom does it hit?
#
#   review-policies.sh BASE [POLICIES [FIXTURES [REVIEW]]]      (default: policies fixtures review)
#
# BASE is the revision that the change starts from, such as origin/main; what is reviewed is the commit that is
# checked out. POLICIES holds a folder for each program (or is one), FIXTURES/<program> its tests (*_test.yaml) and
# FIXTURES/<program>/records the partners that the cost is worked out for; PARTNERS names another file or folder of
# partners, one for each program in it, where there is a real base. Everything is left in REVIEW: review.md for a
# comment on the change, SARIF, JUnit, and plan.html for each program. On GitHub, annotations and the summary of the
# job come besides. PLAN_OPTIONS are handed to `policyengine plan`, as in PLAN_OPTIONS='--fail-if "losers > 10"'.
#
# Everything is done, whatever fails before; the exit code is the worst: 0 all is well (a change is no failure), 1 a
# test failed or a limit of the plan was passed, 2 something is missing or cannot be read, 3 policies with mistakes.
# POLICYENGINE_AS_OF=2026-11-21 fixes the day (default: today).
set -u
if [ $# -eq 0 ]; then
    echo "usage: review-policies.sh BASE [POLICIES [FIXTURES [REVIEW]]]" >&2
    exit 2
fi
base=$1
policies=${2:-policies}
fixtures=${3:-fixtures}
review=${4:-review}
worst=0

remember() {
    [ "$1" -le "$worst" ] || worst=$1
}

# Runs a command that writes its text to a file, shows the text, and gives the code of the command.
show() { # the file of the text, the command ...
    text=$1
    shift
    if [ -n "${GITHUB_ACTIONS:-}" ]; then
        "$@" -o "text:$text" -o github
    else
        "$@" -o "text:$text"
    fi
    code=$?
    [ ! -f "$text" ] || cat "$text"
    return $code
}

check() { # the folder of a program, where its results go
    show "$2/check.txt" policyengine check "$1" -o "sarif:$2/check.sarif" -o "junit:$2/check.xml" -o "markdown:$2/check.md"
    case $? in
        0) ;;
        1) return 3 ;;
        *) return 2 ;;
    esac
}

run_tests() {
    name=$(basename "$1")
    set -- "$1" "$2" "$1"
    [ ! -d "$fixtures/$name" ] || set -- "$@" "$fixtures/$name"
    results=$2
    shift 2
    show "$results/test.txt" policyengine test "$@" -o "junit:$results/test.xml" -o "markdown:$results/test.md"
}

was_there() { # whether there was such a program before
    git cat-file -e "$base:./$1/program.yaml" 2>/dev/null
}

unchanged() {
    git diff --quiet "$base" HEAD -- "$1"
}

compare() {
    show "$2/diff.txt" policyengine diff "$base..HEAD" "$1" -o "markdown:$2/diff.md" -o "json:$2/diff.json"
    code=$?
    [ $code -eq 1 ] || return $code # a change is what a review is for
}

cost() {
    folder=$1
    results=$2
    partners=${PARTNERS:-$fixtures}/$(basename "$1")
    [ ! -d "$partners/records" ] || partners=$partners/records
    found_some=
    eval "set -- ${PLAN_OPTIONS:-}"
    for file in "$partners" "$partners"/* "$partners".*; do
        case $file in
            *.yaml | *.yml | *.json | *.ndjson | *.jsonl) [ ! -f "$file" ] || set -- "$@" --records "$file" && found_some=yes ;;
        esac
    done
    if [ -z "${found_some:-}" ]; then
        echo "$folder: no partners in $partners, so nothing shows whom the change hits" >&2
        return 2
    fi
    show "$results/plan.txt" policyengine plan "$base..HEAD" "$folder" "$@" \
        -o "markdown:$results/plan.md" -o "html:$results/plan.html" -o "json:$results/plan.json"
}

mkdir -p "$review" || exit 2
: > "$review/review.md" || exit 2
git rev-parse --quiet --verify "$base^{commit}" > /dev/null || {
    echo "there is no revision $base here; fetch the whole history (fetch-depth: 0)" >&2
    exit 2
}
for program in "$policies"/*/program.yaml "$policies"/program.yaml; do
    [ -f "$program" ] || continue
    found=yes
    folder=$(dirname "$program")
    results=$review/$(basename "$folder")
    mkdir -p "$results" || exit 2
    steps="check.md"
    if check "$folder" "$results"; then
        steps="test.md"
        run_tests "$folder" "$results" || remember $?
        if ! was_there "$folder"; then
            echo "$folder: new, so there is nothing to compare it with"
        elif unchanged "$folder"; then
            echo "$folder: as it was"
        else
            steps="plan.md diff.md test.md"
            compare "$folder" "$results" || remember $?
            cost "$folder" "$results" || remember $?
        fi
    else
        remember $?
    fi
    for step in $steps; do
        [ ! -f "$results/$step" ] || cat "$results/$step" >> "$review/review.md"
    done
done
if [ -z "${found:-}" ]; then
    echo "no program in $policies: no folder in it has a program.yaml" >&2
    exit 2
fi
exit $worst
