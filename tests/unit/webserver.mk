# The example guest webserver: requests.
unit-tests += webserver_request

webserver_request-srcs := tests/unit/test_webserver_request.c guest-pv-kernel/guests/webserver/request.c
webserver_request-flags := -Iguest-pv-kernel/guests/webserver
