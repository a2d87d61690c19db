grants-srcs := grants.c
