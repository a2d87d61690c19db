processor-srcs := descriptors.c emulate.c fpu.c
