# What all backends do alike: devices by the store, grant copies in batches.
backend-xenbus := $(addprefix dom0-tools/backends/xenbus/,backend.c events.c copies.c)
dom0-srcs += $(backend-xenbus)
