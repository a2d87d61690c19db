vcpus-srcs := vcpus.c
vcpus-config := vcpus = 2
