webserver-srcs := $(addprefix guest-pv-kernel/guests/webserver/,webserver.c connection.c content.c disk.c \
    request.c)
webserver-libs := -lext2fs -lcom_err
guest-configs += guest-pv-kernel/guests/webserver/webserver.cfg
