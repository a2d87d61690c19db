# What all backends do alike: devices by the store.
backend-xenbus := $(addprefix dom0-tools/backends/xenbus/,keys.c backend.c events.c)
dom0-srcs += $(backend-xenbus)
