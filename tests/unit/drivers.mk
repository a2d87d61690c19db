# The drivers' pure parts: partition tables and virtqueues.
unit-tests += drivers_partition drivers_virtq

drivers_partition-srcs := tests/unit/test_drivers_partition.c dom0-tools/drivers/block/partition.c
drivers_partition-flags := -Idom0-tools
drivers_partition-libs := -lz

drivers_virtq-srcs := tests/unit/test_drivers_virtq.c dom0-tools/drivers/virtio/queue.c
drivers_virtq-flags := -Idom0-tools
