# What the scripts beside this one share: "$firth", a folder of their own, and `expect`.
# Usage: . expect.sh, with the path of firth as the first argument of the script.
firth=$1
folder=$(mktemp -d) && cd "$folder" || exit 1
trap 'rm -rf "$folder"' EXIT
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# expect CODE PATTERN COMMAND...: the exit code, and a pattern in what is printed on either stream.
expect() {
    code=$1 pattern=$2
    shift 2
    "$@" >out 2>err
    got=$?
    [ $got -eq "$code" ] || fail "exit code $got, expected $code: $*"
    cat out err | grep -q -- "$pattern" || fail "no \"$pattern\" printed by: $* ($(cat out err | head -3))"
    if [ "$code" -ne 0 ]; then
        [ -s out ] && fail "an error left something on standard output: $*"
        [ "$(wc -l <err)" -eq 1 ] || fail "an error of more than one line: $*"
    fi
}

# same FILE FILE WHAT
same() {
    cmp -s "$1" "$2" || fail "$3"
}

# What a script starts in the background ignores SIGINT; behind this it does not, as in a terminal.
heeding=
env --default-signal=INT true 2>/dev/null && heeding="env --default-signal=INT"

finish() {
    [ $failures -eq 0 ] && echo "all well"
    exit $((failures != 0))
}
