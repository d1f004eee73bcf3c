package dev.backplane.bench.internal;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What can be measured: the groups of kernels of the freestanding program, those under Linux with one processor and with two, and the boot. */
enum Workload {
    INTEGER,
    FLOAT,
    AES,
    STRING,
    LINUX,
    SMP,
    BOOT;

    /** As it is typed. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static List<String> words() {
        return Arrays.stream(values()).map(Workload::word).toList();
    }
}
