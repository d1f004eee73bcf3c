/* The kernels as a program of the host: prints group, name and checksum of each, for kernels.txt. */
#include <stdio.h>
#include <time.h>
#include "kernels.h"

int main(int count, char **arguments) {
    for (int i = 0; i < kernel_count; i++) {
        struct timespec begin, end;
        clock_gettime(CLOCK_MONOTONIC, &begin);
        u64 sum = kernels[i].run();
        clock_gettime(CLOCK_MONOTONIC, &end);
        printf("%s %s %016lx\n", kernels[i].group, kernels[i].name, sum);
        if (count > 1)
            fprintf(stderr, "%s %.3f ms\n", arguments[0], (end.tv_sec - begin.tv_sec) * 1e3 + (end.tv_nsec - begin.tv_nsec) / 1e6);
    }
}
