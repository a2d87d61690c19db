hello-srcs := guest-pv-kernel/guests/hello/hello.c
guest-configs += guest-pv-kernel/guests/hello/hello.cfg
