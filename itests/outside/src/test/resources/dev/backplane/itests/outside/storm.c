// A storm of mmap and munmap on all processors, in one address space: each unmapping has to be heard of by all others.
// Reads from standard input: "begin" counts anew, "report" tells the fewest rounds that a processor has done since, "enough" ends it.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BYTES = 32 * 4096, MOST = 256 };

static volatile long rounds[MOST];

static void *blow(void *argument) {
  long number = (long)argument;
  cpu_set_t own;
  CPU_ZERO(&own);
  CPU_SET(number, &own);
  sched_setaffinity(0, sizeof own, &own);
  for (;;) {
    char *pages = mmap(0, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) {
      perror("mmap");
      return 0;
    }
    for (int i = 0; i < BYTES; i += 4096) {
      if (pages[i] != 0) {
        puts("WRONG: a new page is not empty");
      }
      pages[i] = 1;
    }
    munmap(pages, BYTES);
    rounds[number]++;
  }
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  for (long i = 0; i < count; i++) {
    pthread_t thread;
    pthread_create(&thread, 0, blow, (void *)i);
  }
  printf("storm on %ld processors\n", count);
  long before[MOST] = {0};
  char line[64];
  while (fgets(line, sizeof line, stdin) && strcmp(line, "enough\n")) {
    int begins = !strcmp(line, "begin\n");
    long least = -1;
    for (long i = 0; i < count; i++) {
      long now = rounds[i];
      if (least < 0 || now - before[i] < least) {
        least = now - before[i];
      }
      if (begins) {
        before[i] = now;
      }
    }
    if (!begins) {
      printf("least %ld rounds\n", least);
    }
  }
  return 0;
}
