traps-srcs := traps.c
