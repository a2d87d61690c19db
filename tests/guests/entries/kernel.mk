entries-srcs := groups.c entries.c slots.c vamapping.c
