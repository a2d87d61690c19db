user-srcs := user.c user_entry.S
