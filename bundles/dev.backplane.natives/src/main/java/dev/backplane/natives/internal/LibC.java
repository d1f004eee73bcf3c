package dev.backplane.natives.internal;

/**
 * The functions of the C library that are used, with every pointer as an address: buffers are memory segments of ours.
 *
 * <p>Public because the class that jnr-ffi generates for it lives in another package. {@code open}, {@code fcntl} and
 * {@code ioctl} are variadic in C; on the two architectures that are served, their third argument travels like a fixed one.
 */
public interface LibC {
    int open(String path, int flags, int mode);

    int close(int fd);

    long read(int fd, long buffer, long length);

    long write(int fd, long buffer, long length);

    long pwrite(int fd, long buffer, long length, long offset);

    int poll(long pollFds, long count, int timeoutMillis);

    int eventfd(int initial, int flags);

    int fcntl(int fd, int command, long argument);

    int ioctl(int fd, long request, long argument);

    int fstat(int fd, long stat);

    long lseek(int fd, long offset, int whence);

    int ftruncate(int fd, long length);

    int fallocate(int fd, int mode, long offset, long length);

    int memfd_create(String name, int flags);

    long mmap(long address, long length, int protection, int flags, int fd, long offset);

    int munmap(long address, long length);

    int mprotect(long address, long length, int protection);

    int madvise(long address, long length, int advice);

    int getpagesize();

    int isatty(int fd);

    int tcgetattr(int fd, long termios);

    int tcsetattr(int fd, int when, long termios);

    int clock_gettime(int clock, long timespec);

    int gettid();

    int sched_getaffinity(int thread, long bytes, long mask);

    int sched_setaffinity(int thread, long bytes, long mask);

    int getuid();

    int getpid();

    int tgkill(int process, int thread, int signal);

    int sigaction(int signal, long action, long old);

    int epoll_create1(int flags);

    int epoll_ctl(int epoll, int operation, int fd, long event);

    int epoll_wait(int epoll, long events, int most, int timeoutMillis);
}
