tables-srcs := groups.c requests.c foreign.c pins.c orders.c frames.c conflicts.c m2p.c
