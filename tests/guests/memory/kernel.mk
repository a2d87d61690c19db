memory-srcs := memory.c
