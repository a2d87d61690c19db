grants-srcs := grants.c calls.c arguments.c table.c map.c frames.c entries.c use.c unmap.c replace.c copy.c \
    batch.c refused.c limits.c race.c
grants-config := vcpus = 2
