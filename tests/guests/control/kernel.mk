control-srcs := control.c
