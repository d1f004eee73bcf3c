package dev.backplane.natives.internal;

/** Numbers of Linux's interface that are the same on x86-64 and aarch64, by manual page. */
final class Linux {
    // open(2)
    static final int O_RDONLY = 0;
    static final int O_WRONLY = 1;
    static final int O_RDWR = 2;
    static final int O_NOCTTY = 0x100;
    static final int O_NONBLOCK = 0x800;
    static final int O_CLOEXEC = 0x80000;

    // lseek(2)
    static final int SEEK_END = 2;
    static final int SEEK_DATA = 3;
    static final int SEEK_HOLE = 4;

    // fstat(2), the C library's struct stat: these places are the same on both architectures
    static final int STAT_SIZE = 144;
    static final int STAT_BLOCKS = 64;
    static final int STAT_BLOCK_BYTES = 512;

    // fcntl(2), struct flock
    static final int F_DUPFD_CLOEXEC = 1030;
    static final int F_SETSIG = 10;
    static final int F_OFD_GETLK = 36;
    static final int F_OFD_SETLK = 37;
    static final int F_SETLEASE = 1024;
    static final int F_ADD_SEALS = 1033;
    static final int F_GET_SEALS = 1034;
    static final short F_RDLCK = 0;
    static final short F_WRLCK = 1;
    static final short F_UNLCK = 2;
    static final int FLOCK_TYPE = 0;
    static final int FLOCK_START = 8;
    static final int FLOCK_LENGTH = 16;
    static final int FLOCK_PID = 24;
    static final int FLOCK_SIZE = 32;

    // fallocate(2)
    static final int FALLOC_FL_KEEP_SIZE = 1;
    static final int FALLOC_FL_PUNCH_HOLE = 2;

    // memfd_create(2)
    static final int MFD_CLOEXEC = 1;
    static final int MFD_ALLOW_SEALING = 2;

    // mmap(2)
    static final int PROT_READ = 1;
    static final int PROT_WRITE = 2;
    static final int PROT_EXEC = 4;
    static final int MAP_SHARED = 1;
    static final int MAP_PRIVATE = 2;
    static final int MAP_FIXED = 0x10;
    static final int MAP_ANONYMOUS = 0x20;
    static final int MAP_NORESERVE = 0x4000;
    static final long MAP_FAILED = -1;

    // madvise(2)
    static final int MADV_WILLNEED = 3;
    static final int MADV_DONTNEED = 4;
    static final int MADV_REMOVE = 9;
    static final int MADV_HUGEPAGE = 14;
    static final int MADV_NOHUGEPAGE = 15;
    static final int MADV_DONTDUMP = 16;

    // poll(2), struct pollfd
    static final int POLLIN = 1;
    static final int POLLOUT = 4;
    static final int POLLFD_SIZE = 8;
    static final int POLLFD_EVENTS = 4;
    static final int POLLFD_REVENTS = 6;

    // eventfd(2)
    static final int EFD_CLOEXEC = 0x80000;
    static final int EFD_NONBLOCK = 0x800;

    // epoll_ctl(2), struct epoll_event, which is packed on x86-64 alone
    static final int EPOLL_CLOEXEC = 0x80000;
    static final int EPOLL_CTL_ADD = 1;
    static final int EPOLL_CTL_DEL = 2;
    static final int EPOLLIN = 1;

    // sigaction(2), glibc's struct on x86-64
    /** Ignored where nobody has asked for it (signal(7)). */
    static final int SIGURG = 23;

    static final int SIGACTION_HANDLER = 0;
    static final int SIGACTION_FLAGS = 136;
    static final int SIGACTION_SIZE = 152;
    static final int SA_RESTART = 0x1000_0000;

    // ioctl_tty(2), struct winsize
    static final long TIOCGWINSZ = 0x5413L;
    static final int WINSIZE_ROWS = 0;
    static final int WINSIZE_COLUMNS = 2;
    static final int WINSIZE_SIZE = 8;

    // termios(3), glibc's struct
    static final int TERMIOS_IFLAG = 0;
    static final int TERMIOS_OFLAG = 4;
    static final int TERMIOS_CFLAG = 8;
    static final int TERMIOS_LFLAG = 12;
    static final int TERMIOS_CC = 17;
    static final int TERMIOS_SIZE = 60;
    static final int VTIME = 5;
    static final int VMIN = 6;
    static final int TCSANOW = 0;
    static final int IGNBRK = 0x1;
    static final int BRKINT = 0x2;
    static final int PARMRK = 0x8;
    static final int ISTRIP = 0x20;
    static final int INLCR = 0x40;
    static final int IGNCR = 0x80;
    static final int ICRNL = 0x100;
    static final int IXON = 0x400;
    static final int OPOST = 0x1;
    static final int CSIZE = 0x30;
    static final int CS8 = 0x30;
    static final int PARENB = 0x100;
    static final int ISIG = 0x1;
    static final int ICANON = 0x2;
    static final int ECHO = 0x8;
    static final int ECHONL = 0x40;
    static final int IEXTEN = 0x8000;

    // clock_getcpuclockid(3): a thread's own clock is its id, complemented and shifted, with "per thread" and
    // "scheduler"
    static final int THREAD_CPU_CLOCK = 6;
    static final int TIMESPEC_SIZE = 16;
    static final int TIMESPEC_NANOS = 8;

    /** A processor mask, for 8192 processors: more than any kernel is built for. */
    static final int CPU_MASK_SIZE = 1024;

    private Linux() {}

    /** The clock that counts the processor time of the thread with this id. */
    static int threadClock(int threadId) {
        return ~threadId << 3 | THREAD_CPU_CLOCK;
    }
}
