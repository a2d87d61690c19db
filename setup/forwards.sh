#!/bin/sh
# forwards.sh FWD file|qemu: reads HOSTPORT:GUEST:PORT[,...], each with `udp:` before it if it is not TCP, and writes what the control
# domain (/etc/forwards) or QEMU (options of -netdev user) needs to know. The port is the same on the host and in the control domain.
set -eu

bad() {
    echo "FWD: \`$entry\` is not like HOSTPORT:GUEST:PORT (8080:web:80): $1" >&2
    exit 1
}

is_port() {
    case $1 in ''|*[!0-9]*|0*|??????*) return 1 ;; esac
    [ "$1" -le 65535 ]
}

what=$2
IFS=,
for entry in $1; do
    protocol=tcp
    rest=$entry
    case $rest in
    tcp:*) rest=${rest#tcp:} ;;
    udp:*) protocol=udp; rest=${rest#udp:} ;;
    esac
    case $rest in
    *:*:*:*) bad "it has too many parts" ;;
    *:*:*) ;;
    *) bad "it has too few parts" ;;
    esac
    host=${rest%%:*}
    port=${rest##*:}
    guest=${rest#*:}
    guest=${guest%:*}
    is_port "$host" || bad "\`$host\` is no port"
    is_port "$port" || bad "\`$port\` is no port"
    case $guest in
    '') bad "no guest is named" ;;
    *[!A-Za-z0-9_.-]*) bad "\`$guest\` is no name of a domain, and no address" ;;
    esac
    case $what in
    file) echo "$protocol $host $guest:$port" ;;
    qemu) printf ',hostfwd=%s:127.0.0.1:%s-:%s' "$protocol" "$host" "$host" ;;
    esac
done
