#!/bin/sh
# fuzz.sh: runs a libFuzzer program with its options; silent when it finds nothing, but for one line of what it did.
#
# What it says goes to PROGRAM.log. When it fails its report is shown, and the input that made it fail is named.

program=$1
log=$program.log
shift

# libFuzzer makes inputs of what is compared, addresses too: with the same addresses a seed gives the same
# inputs.
same=
if setarch -R true 2> /dev/null; then
    same='setarch -R'
fi

if $same "$program" "$@" > "$log" 2>&1; then
    awk '/^stat::number_of_executed_units/ { n = $2 } /cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") c = $(i + 1) }
         END { printf "         %d inputs, %d edges\n", n, c }' "$log"
    exit 0
fi
# The report proper begins at the sanitizer's or libFuzzer's first line of it.
sed -n '/ERROR\|runtime error\|deadly signal\|^store_check\|^model:/,$p' "$log" | head -60
echo "$program failed; the input: $(sed -n 's/.*Test unit written to //p' "$log" | tail -1)"
echo "to see it again: $program $(sed -n 's/.*Test unit written to //p' "$log" | tail -1)"
exit 1
