tables-srcs := pagetables.c pins.c foreign.c
