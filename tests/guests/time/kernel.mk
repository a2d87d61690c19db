time-srcs := timers.c
