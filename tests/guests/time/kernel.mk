time-srcs := timer.c clock.c timers.c runstate.c areas.c
