user-srcs := user.c vectors.c entries.c refused.c syscalls.c compat.c state.c events.c
