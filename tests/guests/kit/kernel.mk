kit-srcs := kit.c
