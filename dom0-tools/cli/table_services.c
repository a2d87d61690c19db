/* table_services.c: the commands about the control domain's own networks. The texts here are the manual. */
#include "handlers.h"
#include "table.h"

const struct command commands_services[] = {
    {
        .name = "ip",
        .arguments =
            "[addr | route | neigh | leases | nat | set dhcp | set ADDRESS/LENGTH [ROUTER [DNS]]]",
        .summary = "show the control domain's interfaces and addresses",
        .text =
            "`addr` (or nothing): eth0 is the interface to the outer network, with an address by DHCP; it "
            "follows its card into a bridge and back. xenbr0 is the guests' network, whose router, DHCP and "
            "DNS server this host is.\n"
            "\n"
            "`route` and `neigh` are this host's ways out and the stations that it knows. `leases` lists the "
            "addresses that guests got by DHCP. `nat` lists the guests' connections with the outer network, "
            "with counters of frames: what was passed on, and what was dropped and why.\n"
            "\n"
            "`set` gives eth0 a fixed address, or one by DHCP again. Connections of guests end when the "
            "address changes.",
        .options = { { "--json", NULL, "as JSON, with more counters" } },
        .examples =
            "ip\n"
            "ip nat --json\n"
            "ip set 10.0.0.5/24 10.0.0.1 10.0.0.1    # address, router, name server\n"
            "ip set dhcp",
        .max_words = 4,
        .run = cmd_ip,
    },
    {
        .name = "ping",
        .arguments = "HOST",
        .summary = "ask a host for an answer",
        .text =
            "HOST is an address, a domain on xenbr0, or a name for DNS. The status is 0 if any answer came.",
        .options = { { "-c", "N", "so many times, not 4" } },
        .examples = "ping -c 1 web",
        .min_words = 1, .max_words = 1, .first = WORD_DOMAIN,
        .run = cmd_ping,
    },
    {
        .name = "nslookup",
        .arguments = "NAME",
        .summary = "look a name up",
        .text = "A domain on xenbr0 is known here. Other names are asked for at the name server that DHCP or "
                "`ip set` has named; `ip` shows it.",
        .examples = "nslookup web",
        .min_words = 1, .max_words = 1, .first = WORD_DOMAIN,
        .run = cmd_nslookup,
    },
    {
        .name = "wget",
        .arguments = "URL",
        .summary = "fetch a file over HTTP",
        .text =
            "The file is named after the URL unless -O says otherwise, and must be on a writable file "
            "system. If the transfer fails no part of it is left. Only http:// is known.",
        .options = { { "-O", "FILE", "write to this file; - is the terminal" } },
        .examples = "wget -O /mnt/disk.img http://10.0.2.2:8000/disk.img",
        .min_words = 1, .max_words = 1,
        .run = cmd_wget,
    },
    {
        .name = "forward",
        .arguments = "[list | add [tcp|udp] PORT DOMAIN|ADDRESS:PORT | delete [tcp|udp] PORT]",
        .summary = "lead ports of this host to guests",
        .text =
            "Connections to a PORT of this host's outer address go to a guest on xenbr0, which sees where "
            "they come from. A domain need not exist yet: its address is the one that its configuration "
            "names, or that it got by DHCP. Connections under way outlive their forward.\n"
            "\n"
            "The file /etc/forwards of the boot archive has forwards that are there from the start, a line "
            "each.",
        .options = { { "--json", NULL, "`list` as JSON" } },
        .examples =
            "forward add 8080 web:80\n"
            "forward add udp 5353 192.168.122.7:53\n"
            "forward delete 8080",
        .max_words = 4,
        .run = cmd_forward,
    },
    { .name = NULL }
};
