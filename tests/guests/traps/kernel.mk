traps-srcs := traps.c vectors.c debug.c iret.c table.c nmi.c nested.c
