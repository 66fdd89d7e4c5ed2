#!/bin/sh
# What CI runs when somebody wants to change policies: are they right, what does the change mean, whom does it hit?
#
#   review-policies.sh BASE [POLICIES [FIXTURES [REVIEW]]]      (default: policies fixtures review)
#
# BASE is the branch or revision that the change is for, such as origin/main; what is reviewed is the commit that is
# checked out, compared with the commit where the two part, so that what others merged meanwhile is not shown as part
# of it. On GitHub, where a merge of both is checked out, that is its first parent. POLICIES holds a folder for each
# program (or is one), FIXTURES/<program> its tests (*_test.yaml) and FIXTURES/<program>/records the partners that the
# cost is worked out for; PARTNERS names another file or folder of partners, one for each program in it, where there
# is a real base. Everything is left in REVIEW: review.md for a comment on the change, SARIF, JUnit, and plan.html for
# each program. On GitHub, annotations and the summary of the job come besides. PLAN_OPTIONS are handed to
# `policyengine plan`, as in PLAN_OPTIONS='--fail-if "losers > 10"'. Of a base in PARTNERS nothing is told about fewer than
# five partners (`--public`), unless PLAN_PUBLIC=no; what lies in FIXTURES is in the repository anyway.
#
# Copies of the source documents in SOURCES=sources of a program's folder (kpi-levels.txt for the document kpi-levels; text,
# HTML, Markdown, PDF, .docx) are compared with their ledgers: what they say differently is shown at the rules.
#
# Everything is done, whatever fails before; the exit code is the worst: 0 all is well (a change is no failure, nor are
# mistakes that only the base has), 1 a test failed, a limit of the plan was passed or a source says
# something else, 2 something is missing or cannot
# be read, 3 policies with mistakes. POLICYENGINE_AS_OF=2026-11-21 fixes the day (default: today).
set -u
if [ $# -eq 0 ]; then
    echo "usage: review-policies.sh BASE [POLICIES [FIXTURES [REVIEW]]]" >&2
    exit 2
fi
policies=${2:-policies}
fixtures=${3:-fixtures}
review=${4:-review}
export POLICYENGINE_AS_OF="${POLICYENGINE_AS_OF:-$(date +%Y-%m-%d)}" # one day for all steps
longest=65000 # bytes; a comment on GitHub may have 65536
worst=0

shown() { # a name, without what means something to a log of CI or to Markdown
    printf '%s' "$1" | tr '`:#\000-\037\177' '[?*]'
}

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

start_of_the_change() { # the base as it was given
    case ${GITHUB_REF:-} in
        refs/pull/*/merge) git rev-parse --quiet --verify "HEAD^2" > /dev/null && set -- "HEAD^1" ;;
    esac
    found=$(git merge-base "$1" HEAD) && git rev-parse --short=12 "$found"
}

check() { # the folder of a program, where its results go
    show "$2/check.txt" policyengine check "$1" -o "sarif:$2/check.sarif" -o "junit:$2/check.xml" -o "markdown:$2/check.md"
    case $? in
        0) ;;
        1) return 3 ;;
        *) return 2 ;;
    esac
}

has_tests() { # folders: a file is one of tests by its name, also where it is broken, or by its kind
    [ -n "$(find "$@" -name '*_test.y*ml' | head -n 1)" ] ||
        grep -rqE --include='*.y*ml' '^kind:[[:space:]]*.?test' "$@"
}

run_tests() { # the folder of a program, where its results go
    name=$(basename "$1")
    set -- "$1" "$2" "$1"
    [ ! -d "$fixtures/$name" ] || set -- "$@" "$fixtures/$name"
    results=$2
    shift 2
    if ! has_tests "$@"; then
        echo "$(shown "$name"): no tests"
        return 0
    fi
    show "$results/test.txt" policyengine test "$@" -o "junit:$results/test.xml" -o "markdown:$results/test.md"
}

compare_sources() { # the folder of a program, where its results go
    name=$(basename "$1")
    folder=$1
    results=$2
    set --
    for copy in "$folder/${SOURCES:-sources}"/*; do
        case $copy in
            *.txt | *.md | *.html | *.htm | *.pdf | *.docx) set -- "$@" --against "$copy" ;;
        esac
    done
    [ $# -gt 0 ] || return 0
    [ ! -d "$fixtures/$name" ] || set -- "$@" --tests "$fixtures/$name" --tests "$folder"
    show "$results/sources.txt" policyengine sources "$folder" "$@" -o "sarif:$results/sources.sarif" \
        -o "junit:$results/sources.xml" -o "markdown:$results/sources.md"
}

unchanged() { # the folder of a program
    git diff --quiet "$base" HEAD -- "$1"
}

compare() { # the folder of a program, where its results go; 3 where the base has mistakes
    show "$2/diff.txt" policyengine diff "$base" HEAD "$1" -o "markdown:$2/diff.md" -o "json:$2/diff.json"
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
    [ -z "${PARTNERS:-}" ] || [ "${PLAN_PUBLIC:-yes}" = no ] || set -- "$@" --public
    for file in "$partners" "$partners"/* "$partners".*; do
        case $file in
            *.yaml | *.yml | *.json | *.ndjson | *.jsonl | *.csv | *.parquet) [ ! -f "$file" ] || set -- "$@" --records "$file" && found_some=yes ;;
        esac
    done
    if [ -z "$found_some" ]; then
        echo "$(shown "$folder"): no partners in $(shown "$partners"), so nothing shows whom the change hits" >&2
        return 2
    fi
    show "$results/plan.txt" policyengine plan "$base" HEAD "$folder" "$@" \
        -o "markdown:$results/plan.md" -o "html:$results/plan.html" -o "json:$results/plan.json"
}

say() { # the folder of a program, a sentence about it, which stands first in the review
    echo "$(shown "$1"): $2"
    printf '`%s`: %s\n\n' "$(shown "$1")" "$2" >> "$review/first.md"
}

collect() { # the file that a part of the review goes to, the parts
    into=$1
    shift
    for part in "$@"; do
        [ ! -f "$part" ] || cat "$part" >> "$into"
    done
}

look_at() { # the folder of a program, what became of it, where its results go
    check "$1" "$3" || {
        remember $?
        collect "$review/failed.md" "$3/check.md"
        return
    }
    if run_tests "$1" "$3"; then
        tests=$review/good.md
    else
        remember $?
        tests=$review/failed.md
    fi
    compare_sources "$1" "$3" || {
        remember $?
        collect "$review/failed.md" "$3/sources.md"
    }
    if [ "$2" = new ]; then
        say "$1" "new, so there is nothing to compare it with"
    elif [ "$2" = there ] && unchanged "$1"; then
        echo "$(shown "$1"): as it was"
    elif compare "$1" "$3"; then
        cost "$1" "$3" || remember $?
        collect "$review/changes.md" "$3/plan.md" "$3/diff.md"
    elif [ $? -eq 3 ]; then
        say "$1" "the policies that the change starts from have mistakes, so there is nothing to compare it with"
    else
        remember 2
    fi
    collect "$tests" "$3/test.md"
}

# The review up to a length, with its last block of code closed
shorten() {
    LC_ALL=C awk -v most="$longest" '
        { size += length($0) + 1 }
        size > most - 200 { left++; next }
        /^ *```/ { open = !open }
        { print }
        END { if (left) { if (open) print "```"; printf "\n%d more lines in the artifact\n", left } }'
}

mkdir -p "$review" || exit 2
rm -f "$review/first.md" "$review/failed.md" "$review/changes.md" "$review/good.md"
: > "$review/review.md" || exit 2
git rev-parse --quiet --verify "$1^{commit}" > /dev/null || {
    echo "there is no revision $1 here; fetch the whole history (fetch-depth: 0)" >&2
    exit 2
}
base=$(start_of_the_change "$1") || {
    echo "$1 and what is checked out have no commit in common; fetch the whole history (fetch-depth: 0)" >&2
    exit 2
}
inside=$(git rev-parse --show-prefix)
policyengine diff "$base" "$policies" --programs > "$review/programs.tsv" || exit 2
tab=$(printf '\t')
while IFS=$tab read -r state old new; do
    [ "$new" = - ] || found=yes
    new=${new#"$inside"}
    case $state in
        deleted)
            say "$old" "this program is deleted"
            continue
            ;;
        renamed) say "$new" "this program was in $(shown "$old")" ;;
    esac
    results=$review/$(basename "$new")
    mkdir -p "$results" || exit 2
    look_at "$new" "$state" "$results"
done < "$review/programs.tsv"
for part in first failed changes good; do
    [ ! -f "$review/$part.md" ] || cat "$review/$part.md"
done | shorten > "$review/review.md"
rm -f "$review/first.md" "$review/failed.md" "$review/changes.md" "$review/good.md" "$review/programs.tsv"
if [ -z "${found:-}" ]; then
    echo "no program in $policies: no folder in it has a program.yaml" >&2
    exit 2
fi
exit $worst
