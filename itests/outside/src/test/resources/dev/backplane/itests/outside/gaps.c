/* Writes to a file past the page cache, now and then with a flush, and says for each 100 ms how long the longest write and the longest
 * flush took that ended in it. Ends when the file "stop" is there. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long micros(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1000000L + now.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
    int file = open(argv[1], O_RDWR | O_CREAT | O_DIRECT, 0600);
    FILE *out = fopen(argv[2], "w");
    char *page;
    if (file < 0 || !out || posix_memalign((void **)&page, 4096, 4096))
        return 1;
    setvbuf(out, NULL, _IOLBF, 0);
    memset(page, 'x', 4096);
    long window = micros(CLOCK_MONOTONIC), write_max = 0, flush_max = 0;
    for (long n = 0; access(argv[3], F_OK); n++) {
        long begin = micros(CLOCK_MONOTONIC);
        if (pwrite(file, page, 4096, n % 64 * 4096) != 4096)
            fprintf(out, "write failed\n");
        long end = micros(CLOCK_MONOTONIC);
        if (end - begin > write_max)
            write_max = end - begin;
        if (n % 8 == 7) {
            if (fdatasync(file))
                fprintf(out, "flush failed\n");
            long flushed = micros(CLOCK_MONOTONIC);
            if (flushed - end > flush_max)
                flush_max = flushed - end;
            end = flushed;
        }
        if (end - window > 100000) {
            fprintf(out, "gap %ld %ld %ld\n", micros(CLOCK_REALTIME) / 1000, write_max, flush_max);
            window = end;
            write_max = flush_max = 0;
        }
    }
    return 0;
}
