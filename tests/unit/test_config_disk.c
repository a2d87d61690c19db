/* Disks as xl-disk-configuration writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "toolstack/config_disk.h"

static void test_names(void **state)
{
    static const struct { const char *name; uint32_t number; } good[] = {
        { "xvda", 51712 }, { "xvdb", 51728 }, { "xvda1", 51713 }, { "xvdp15", 51967 }, { "xvdq", 1u << 28 | 16 << 8 },
        { "xvda16", 1u << 28 | 16 }, { "xvdaa", 1u << 28 | 26 << 8 }, { "xvdzz3", 1u << 28 | 701 << 8 | 3 }, { "sda", 2048 },
        { "sdb3", 2067 }, { "hda", 768 }, { "hdb1", 833 }, { "hdc", 5632 }, { "hdd", 5696 }, { "d0", 51712 }, { "d1p2", 51730 },
        { "d16p1", 1u << 28 | 16 << 8 | 1 }, { "51712", 51712 }, { "0", 0 },
    };
    static const char *const bad[] = {
        "", "xvd", "xvda0", "xvda256", "xvdA", "xvda1x", "sdq", "sda16", "hde", "hda64", "vda", "d", "d1p", "d1px", "dx", "1a", "-1",
        "99999999999", "xvdaaaaaa", "d9999999",
    };
    uint32_t number;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(config_vdev_number(good[i].name, &number));
        assert_int_equal(number, good[i].number);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(config_vdev_number(bad[i], &number));
}

static struct config_disk disk;
static char problem[160];

static void good(const char *text, const char *target, const char *vdev, bool read_only)
{
    assert_true(config_disk_parse(text, &disk, problem, sizeof(problem)));
    assert_string_equal(disk.target, target);
    assert_string_equal(disk.vdev, vdev);
    assert_int_equal(disk.read_only, read_only);
}

static void bad(const char *text, const char *why)
{
    assert_false(config_disk_parse(text, &disk, problem, sizeof(problem)));
    assert_string_equal(problem, why);
}

static void test_good(void **state)
{
    (void)state;
    good("/dev/vda1,raw,xvda,rw", "/dev/vda1", "xvda", false);
    good("vda1,,xvda,r", "vda1", "xvda", true);
    good(" vda1 , raw , xvdb ", "vda1", "xvdb", false);
}

static void test_keys(void **state)
{
    (void)state;
    good("format=raw, vdev=hda, access=ro, target=vda1", "vda1", "hda", true);
    good("vdev=xvda,target=a,b=c", "a,b=c", "xvda", false);
    good("vda1,raw,access=r,vdev=xvda", "vda1", "xvda", true);
    good("vda1,raw,xvda,w,backendtype=phy,direct-io-safe,no-discard", "vda1", "xvda", false);
    assert_true(disk.no_discard);
    good("vda1,,hdc,cdrom", "vda1", "hdc", true);
    assert_true(disk.cdrom);
    good("phy:/dev/vda2,raw,xvda", "/dev/vda2", "xvda", false);
}

static void test_bad(void **state)
{
    (void)state;
    bad("", "no target: name a disk, a partition or a file of the host");
    bad("vda1", "no vdev: name the disk as the guest shall see it, such as xvda");
    bad("vda1,qcow2,xvda", "format `qcow2`: only raw disks and images can be used");
    bad("vda1,raw,xvd,w", "vdev `xvd` is no name of a disk, such as xvda");
    bad("vda1,raw,xvda,x", "access `x`: must be r, ro, w or rw");
    bad("vda1,raw,xvda,w,more", "`more`: one field too many");
    bad("vda1,raw,xvda,w,colour=red", "`colour=red`: no such key");
    bad("vda1,raw,xvda,script=block-iscsi", "script: the control domain runs no scripts");
    bad("vda1,raw,xvda,backendtype=qdisk", "backendtype `qdisk`: there is one backend, phy");
    bad("vda1,raw,xvda,backend=driver", "backend `driver`: disks come from the control domain");
    bad("vda1,raw,xvda,devtype=floppy", "devtype `floppy`: must be disk or cdrom");
}

/* Any bytes: a verdict, and what is taken fits. */
static void test_random(void **state)
{
    static const char alphabet[] = "xvdahs01,,== \ttargetvdevformatrawp:/";
    char text[300];

    (void)state;
    srand(4);
    for (unsigned round = 0; round < 200000; round++) {
        unsigned length = (unsigned)rand() % (round % 10 ? 40 : sizeof(text) - 1);

        for (unsigned i = 0; i < length; i++)
            text[i] = round % 7 ? alphabet[(unsigned)rand() % (sizeof(alphabet) - 1)] : (char)(rand() % 255 + 1);
        text[length] = 0;
        if (config_disk_parse(text, &disk, problem, sizeof(problem)))
            assert_true(disk.target[0] && disk.vdev[0]);
        else
            assert_true(problem[0] != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names), cmocka_unit_test(test_good), cmocka_unit_test(test_keys), cmocka_unit_test(test_bad),
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
