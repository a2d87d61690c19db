/* A guest that counts. */
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int i;

    printf("%s counts\n", argc > 1 ? argv[1] : "nobody");
    for (i = 1; i <= 3; i++) {
        sleep(1);
        printf("%d\n", i);
    }
    return 0;
}
