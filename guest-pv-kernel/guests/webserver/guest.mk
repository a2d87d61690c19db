webserver-srcs := $(addprefix guest-pv-kernel/guests/webserver/,webserver.c connection.c content.c request.c)
guest-configs += guest-pv-kernel/guests/webserver/webserver.cfg
