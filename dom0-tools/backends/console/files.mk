# The console daemon: logs and rings are pure, the rest needs the kit.
dom0-srcs += $(addprefix dom0-tools/backends/console/,console_log.c console_ring.c consoled.c drain.c)
