#!/bin/sh
# symbols.sh [IMAGE]: the symbol table for backtraces, as assembly source; an empty one without IMAGE.
#
# symbol_table: symbol_count pairs of 32-bit words {the low half of a function's address, offset of its name in
# symbol_names}, in order of address. The image lies in one 4 GiB window, so low halves compare as addresses do.
set -eu

{
    if [ $# = 1 ]; then
        nm -n "$1"
    fi
} | awk '
    BEGIN {
        print "    .section .rodata.symbols, \"a\", @progbits"
        print "    .globl symbol_table, symbol_names, symbol_count"
        print "    .balign 8"
        print "symbol_table:"
    }
    # Of several text symbols at one address the first.
    ($2 == "t" || $2 == "T") && $1 != last {
        print "    .long 0x" substr($1, 9) ", " used + 0
        names = names "    .asciz \"" $3 "\"\n"
        used += length($3) + 1
        count++
        last = $1
    }
    END {
        printf "symbol_names:\n%s", names
        print "    .balign 4"
        print "symbol_count:"
        print "    .long " count + 0
    }'
