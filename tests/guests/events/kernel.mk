events-srcs := events.c
