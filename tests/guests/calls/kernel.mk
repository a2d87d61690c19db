calls-srcs := calls.c
