memory-srcs := memory.c pages.c counts.c cycle.c frames.c in-use.c lists.c sizes.c sub-operations.c exchange.c
memory-srcs += maps.c translated.c
