package dev.backplane.natives.internal;

/** Linux's error numbers that the calls here can give, errno(3), with what each means for the person who reads it. */
enum Errno {
    EPERM(1, "not permitted: a seal, a capability or a security policy forbids it"),
    ENOENT(2, "no such file or directory"),
    EINTR(4, "interrupted by a signal"),
    EIO(5, "input/output error on the host's device"),
    ENXIO(6, "no such device or address"),
    EBADF(9, "the descriptor is not open, or not for this kind of access"),
    EAGAIN(11, "not now: it would have to wait, or someone else holds it"),
    ENOMEM(12, "the host has no memory or address space left for it (see vm.max_map_count, ulimit -v)"),
    EACCES(13, "permission denied: check owner and mode of the file and of its directories"),
    EFAULT(14, "bad address"),
    EBUSY(16, "in use"),
    EEXIST(17, "exists already"),
    ENODEV(19, "not supported by this kind of file"),
    ENOTDIR(20, "a part of the path is no directory"),
    EISDIR(21, "it is a directory"),
    EINVAL(22, "invalid argument"),
    ENFILE(23, "the host has too many open files (see fs.file-max)"),
    EMFILE(24, "this process has too many open files (see ulimit -n)"),
    ENOTTY(25, "not a terminal"),
    ETXTBSY(26, "the file is being executed"),
    EFBIG(27, "larger than the file system or ulimit -f allows"),
    ENOSPC(28, "no space left on the host's file system"),
    ESPIPE(29, "a pipe or socket has no position"),
    EROFS(30, "the file system is read-only"),
    EPIPE(32, "nobody reads it any more"),
    ENAMETOOLONG(36, "the name is too long"),
    ENOSYS(38, "the host's kernel does not know this call"),
    ELOOP(40, "too many symbolic links"),
    EOVERFLOW(75, "the value is too large for the interface"),
    EOPNOTSUPP(95, "the file system does not support it"),
    EDQUOT(122, "the disk quota is used up");

    private static final Errno[] ALL = values();

    private final int number;
    private final String meaning;

    Errno(int number, String meaning) {
        this.number = number;
        this.meaning = meaning;
    }

    static String name(int number) {
        for (Errno errno : ALL) {
            if (errno.number == number) {
                return errno.name();
            }
        }
        return "errno " + number;
    }

    static String meaning(int number) {
        for (Errno errno : ALL) {
            if (errno.number == number) {
                return errno.meaning;
            }
        }
        return "see errno(3)";
    }

    boolean is(int other) {
        return number == other;
    }
}
