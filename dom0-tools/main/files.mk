dom0-srcs += $(addprefix dom0-tools/main/,main.c boot_files.c)
